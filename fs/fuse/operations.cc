// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/operations.h"

#include <cerrno>
#include <string>

#include "absl/strings/match.h"
#include "base/log.h"
#include "fs/fuse/connection.h"
#include "fs/fuse/passthrough_support.h"

namespace larder::fuse {
namespace {

// The kernel's default of 12 background requests lets a dozen cold reads hold back every other.
// 1024 READs of 128 KiB are what a node's data loaders can have waiting; the threshold at which it
// throttles asynchronous ones goes along.
constexpr unsigned kMaxBackground = 1024;
constexpr unsigned kCongestionThreshold = 1024;

void Init(void* userdata, fuse_conn_info* conn) {
  Connection& connection = *static_cast<Connection*>(userdata);
  conn->max_background = kMaxBackground;
  conn->congestion_threshold = kCongestionThreshold;

  for (const uint64_t flag : {FUSE_CAP_ASYNC_READ, FUSE_CAP_PARALLEL_DIROPS,
                              FUSE_CAP_CACHE_SYMLINKS, FUSE_CAP_READDIRPLUS}) {
    fuse_set_feature_flag(conn, flag);
  }
  // A reader waits for asynchronous direct reads without looking at signals, and no INTERRUPT is
  // sent: killed on a dead remote it would stay until the deadline. Without, direct reads over 1
  // MiB go one MiB at a time.
  fuse_unset_feature_flag(conn, FUSE_CAP_ASYNC_DIO);
  // Forced readdirplus: in "auto" mode a hot walk took nearly twice as long (docs/architecture.md).
  fuse_unset_feature_flag(conn, FUSE_CAP_READDIRPLUS_AUTO);
  // An inode is one version for ever, so no time or size ever changes under the page cache.
  fuse_unset_feature_flag(conn, FUSE_CAP_AUTO_INVAL_DATA);
  // Plain copies: splicing was slower (docs/architecture.md).
  fuse_unset_feature_flag(conn, FUSE_CAP_SPLICE_READ);
  fuse_unset_feature_flag(conn, FUSE_CAP_SPLICE_WRITE);
  fuse_unset_feature_flag(conn, FUSE_CAP_SPLICE_MOVE);
  fuse_unset_feature_flag(conn, FUSE_CAP_WRITEBACK_CACHE);

  PassthroughConditions conditions;
  conditions.wanted = connection.options.passthrough;
  conditions.admin = connection.passthrough_possible;
  conditions.stacked_filesystem = StackedFilesystem(connection.options.cache_folder);
  conditions.kernel = (conn->capable_ext & FUSE_CAP_PASSTHROUGH) != 0;
  const std::string state = PassthroughState(conditions);
  if (state == "on") {
    fuse_set_feature_flag(conn, FUSE_CAP_PASSTHROUGH);
    // Backing files on plain filesystems only, which leaves room to stack an overlay on our mount.
    conn->max_backing_stack_depth = FUSE_BACKING_STACKED_UNDER;
    connection.open_modes.AllowPassthrough();
  }
  connection.SetPassthroughState(state);
}

template <typename... Arguments>
void Refuse(fuse_req_t request, Arguments...) {
  fuse_reply_err(request, EROFS);
}

}  // namespace

void AddWriteRefusals(fuse_lowlevel_ops* operations) {
  // The mount is read-only, so the kernel refuses these itself, until someone remounts it.
  operations->setattr = &Refuse;
  operations->mknod = &Refuse;
  operations->mkdir = &Refuse;
  operations->unlink = &Refuse;
  operations->rmdir = &Refuse;
  operations->symlink = &Refuse;
  operations->rename = &Refuse;
  operations->link = &Refuse;
  operations->write = &Refuse;
  operations->setxattr = &Refuse;
  operations->removexattr = &Refuse;
  operations->create = &Refuse;
  operations->fallocate = &Refuse;
}

fuse_lowlevel_ops Operations() {
  fuse_lowlevel_ops operations = {};
  operations.init = &Init;
  AddNameOperations(&operations);
  AddFolderOperations(&operations);
  AddFileOperations(&operations);
  AddWriteRefusals(&operations);
  return operations;
}

}  // namespace larder::fuse

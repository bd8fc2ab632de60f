// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/uio.h>

#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "fs/fuse/open_modes.h"
#include "fs/fuse/operations.h"
#include "fs/fuse/request.h"

namespace larder::fuse {
namespace {

// Passthrough that was refused once is refused again: files are opened cached from here on.
void GiveUpPassthrough(Connection& connection, const absl::Status& refused) {
  connection.open_modes.ForbidPassthrough();
  connection.SetPassthroughState(absl::StrCat("off: ", refused.message()));
  LogWarning(absl::StrCat(connection.options.mountpoint,
                          ": files are read through the daemon: ", refused.message()));
}

void Open(fuse_req_t request, fuse_ino_t inode, fuse_file_info* file) {
  Connection& connection = ConnectionOf(request);
  if ((file->flags & O_ACCMODE) != O_RDONLY) {
    fuse_reply_err(request, EROFS);
    return;
  }
  absl::StatusOr<std::shared_ptr<cache::CachedObject>> object = connection.filesystem->Open(inode);
  if (!object.ok()) {
    ReplyStatus(request, object.status(), Subject::kInode);
    return;
  }
  const OpenModes::Opened opened =
      connection.open_modes.Open(inode, *object, *connection.backing_files);
  if (!opened.refused.ok()) GiveUpPassthrough(connection, opened.refused);
  connection.counters->opens.Add();
  file->fh = 0;
  file->noflush = 1;
  if (opened.backing_id != 0) {
    connection.counters->passthrough_opens.Add();
    file->backing_id = opened.backing_id;
    file->keep_cache = 0;  // together with passthrough: EINVAL
  } else {
    file->keep_cache = 1;  // an inode is one version
    (*object)->Touch();
  }
  // It did not reach the kernel, which will send no RELEASE.
  if (fuse_reply_open(request, file) != 0) {
    connection.open_modes.Release(inode, *connection.backing_files);
  }
}

void ReplyBytes(fuse_req_t request, const cache::ReadBytes& bytes) {
  std::vector<iovec> pieces;
  pieces.reserve(bytes.pieces().size());
  for (const auto piece : bytes.pieces()) {
    pieces.push_back({const_cast<char*>(piece.data()), piece.size()});
  }
  fuse_reply_iov(request, pieces.data(), static_cast<int>(pieces.size()));
}

void Read(fuse_req_t fuse_request, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info*) {
  const std::shared_ptr<cache::CachedObject> object =
      ConnectionOf(fuse_request).open_modes.Find(inode);
  if (object == nullptr) {
    fuse_reply_err(fuse_request, ESTALE);
    return;
  }
  auto request = std::make_shared<Request>(fuse_request);
  const uint64_t ticket = object->Read(
      {static_cast<uint64_t>(offset), size}, [request](absl::StatusOr<cache::ReadBytes> bytes) {
        request->Answer([request = request.get(), bytes = std::move(bytes)] {
          if (bytes.ok()) {
            ReplyBytes(request->fuse(), *bytes);
          } else {
            ReplyStatus(request->fuse(), bytes.status(), Subject::kInode);
          }
        });
      });
  request->Wait([object, ticket] { object->Cancel(ticket); });
}

void Release(fuse_req_t request, fuse_ino_t inode, fuse_file_info*) {
  Connection& connection = ConnectionOf(request);
  connection.open_modes.Release(inode, *connection.backing_files);
  fuse_reply_err(request, 0);
}

}  // namespace

void AddFileOperations(fuse_lowlevel_ops* operations) {
  operations->open = &Open;
  operations->read = &Read;
  operations->release = &Release;
}

}  // namespace larder::fuse

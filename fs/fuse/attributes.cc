// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/attributes.h"

#include <algorithm>

namespace larder::fuse {
namespace {

// Python's buffered reads follow it; with 4 KiB np.load of an npz makes 265 READs for 32 MiB, with
// 2 MiB 22 (docs/architecture.md).
constexpr blksize_t kPreferredBlockBytes = 1 << 20;
constexpr uint64_t kBlockBytes = 512;  // of st_blocks, stat(2)

}  // namespace

mode_t TypeOf(remote::EntryKind kind) {
  switch (kind) {
    case remote::EntryKind::kFile:
      return S_IFREG;
    case remote::EntryKind::kFolder:
      return S_IFDIR;
    case remote::EntryKind::kSymlink:
      return S_IFLNK;
  }
  return S_IFREG;
}

struct stat ToStat(const fs::Node& node, const Ownership& ownership) {
  struct stat st = {};
  st.st_ino = node.inode;
  st.st_mode = TypeOf(node.kind);
  switch (node.kind) {
    case remote::EntryKind::kFile:
      st.st_mode |= 0666 & ~ownership.umask;
      break;
    case remote::EntryKind::kFolder:
      st.st_mode |= 0777 & ~ownership.umask;
      break;
    case remote::EntryKind::kSymlink:
      st.st_mode |= 0777;
      break;
  }
  st.st_nlink = node.kind == remote::EntryKind::kFolder ? 2 : 1;
  st.st_uid = ownership.uid;
  st.st_gid = ownership.gid;
  st.st_size = static_cast<off_t>(node.size);
  st.st_blksize = kPreferredBlockBytes;
  st.st_blocks = static_cast<blkcnt_t>((node.size + kBlockBytes - 1) / kBlockBytes);
  // Unknown times (a folder of an object store) are the epoch.
  const absl::Time mtime = node.mtime == absl::InfinitePast() ? absl::UnixEpoch() : node.mtime;
  st.st_mtim = absl::ToTimespec(mtime);
  st.st_ctim = st.st_mtim;
  st.st_atim = st.st_mtim;
  return st;
}

double ToTimeout(absl::Duration valid_for) {
  const absl::Duration bounded =
      std::clamp(valid_for, absl::ZeroDuration(), absl::Hours(24 * 365 * 10));
  return absl::ToDoubleSeconds(bounded);
}

}  // namespace larder::fuse

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/backing_files.h"

#include <sys/ioctl.h>

#include <cerrno>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/log.h"

namespace larder::fuse {
namespace {

// As in linux/fuse.h from 6.9 on; Debian 12's is older.
struct BackingMap {
  int32_t fd;
  uint32_t flags;
  uint64_t padding;
};
static_assert(sizeof(BackingMap) == 16);
constexpr int kMagic = 229;
constexpr unsigned long kBackingOpen = _IOW(kMagic, 1, BackingMap);
constexpr unsigned long kBackingClose = _IOW(kMagic, 2, uint32_t);

}  // namespace

absl::StatusOr<int> KernelBackingFiles::Register(int fd) {
  BackingMap map = {fd, 0, 0};
  const int backing_id = ioctl(device_fd_, kBackingOpen, &map);
  if (backing_id > 0) return backing_id;
  return ErrnoError(backing_id < 0 ? errno : EIO, "the kernel refused a file of the cache");
}

void KernelBackingFiles::Unregister(int backing_id) {
  uint32_t id = static_cast<uint32_t>(backing_id);
  if (ioctl(device_fd_, kBackingClose, &id) != 0 && errno != ENOTCONN && errno != ENODEV) {
    LogWarning(absl::StrCat("closing backing file ", backing_id, ": ",
                            ErrnoError(errno, "ioctl").message()));
  }
}

}  // namespace larder::fuse

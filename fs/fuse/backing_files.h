// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_BACKING_FILES_H_
#define LARDER_FS_FUSE_BACKING_FILES_H_

#include "absl/status/statusor.h"

namespace larder::fuse {

// The kernel's side of passthrough. Thread-safe.
class BackingFiles {
 public:
  virtual ~BackingFiles() = default;
  // Hands a descriptor to the kernel: a positive backing id. It stays with the kernel until
  // Unregister.
  virtual absl::StatusOr<int> Register(int fd) = 0;
  virtual void Unregister(int backing_id) = 0;
};

// The real one, of the connection that `device_fd` (/dev/fuse) belongs to. Not by the library's
// calls, which want a request at hand: an open that did not reach the kernel has none any more.
class KernelBackingFiles final : public BackingFiles {
 public:
  explicit KernelBackingFiles(int device_fd) : device_fd_(device_fd) {}
  absl::StatusOr<int> Register(int fd) override;
  void Unregister(int backing_id) override;

 private:
  const int device_fd_;
};

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_BACKING_FILES_H_

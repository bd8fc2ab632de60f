// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_INODE_PRUNER_H_
#define LARDER_FS_FUSE_INODE_PRUNER_H_

#include <thread>

#include "base/mutex.h"
#include "fs/filesystem.h"

namespace larder::fuse {

// The kernel remembers every name that it was ever shown until it needs the memory, and so must the
// daemon. This asks it to forget the oldest of them that nobody uses, where the filesystem has more
// than it wants to keep (FUSE_NOTIFY_PRUNE, Linux 6.18). Older kernels do not know how; there
// listings of names without attributes keep the number down, which the filesystem sees to.
class InodePruner {
 public:
  // Begins. Neither is owned; both outlive it.
  InodePruner(int device_fd, fs::Filesystem* filesystem);
  ~InodePruner();
  InodePruner(const InodePruner&) = delete;
  InodePruner& operator=(const InodePruner&) = delete;

 private:
  void Run();

  const int device_fd_;
  fs::Filesystem* const filesystem_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_INODE_PRUNER_H_

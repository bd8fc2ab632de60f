// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_SESSION_H_
#define LARDER_FS_FUSE_SESSION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/metrics.h"
#include "fs/filesystem.h"
#include "fs/fuse/attributes.h"

namespace larder::fuse {

struct SessionOptions {
  std::string source;      // shown by mount(8) and df
  std::string mountpoint;  // from ResolveMountpoint; checked by Mount
  bool allow_other = false;
  bool passthrough = true;   // where the kernel, the privileges and the cache's disk allow it
  std::string cache_folder;  // whose filesystem is checked for passthrough (a stacked one cannot)
  Ownership ownership;
  absl::Duration negative_ttl =
      absl::Seconds(5);  // how long the kernel may keep that a name is not there
  int max_threads = 32;
};

// One FUSE connection: mounts, serves requests on its threads, unmounts. Thread-safe but for the
// destructor.
class Session {
 public:
  // Checks the mountpoint and mounts. Errors, each with what to do: those of CheckFuseDevice and
  // CheckMountpoint, and what mounting itself says. `filesystem` and `counters` are not owned.
  static absl::StatusOr<std::unique_ptr<Session>> Mount(const SessionOptions& options,
                                                        fs::Filesystem* filesystem,
                                                        DatasetCounters* counters);
  // Unmounts if it is still mounted. Serve() has returned, or was never called.
  virtual ~Session() = default;

  // Serves until the filesystem is unmounted (by anyone) or Stop() is called. OK in both cases.
  // When it returns no request waits any more, and none will be answered.
  virtual absl::Status Serve() = 0;
  // Waits until the root answers, then raises the connection's read-ahead. Call once, while another
  // thread is in Serve().
  virtual absl::Status WaitUntilReady() = 0;
  // Unmounts, what is in use after a moment too, and makes Serve return. Not from a signal handler.
  virtual void Stop() = 0;

  // The kernel forgets what it keeps of these names, attributes and listings (and of no content:
  // an inode is one version). Waits for calls on their folders that are under way.
  virtual void Invalidate(const std::vector<fs::Filesystem::KernelName>& names) = 0;
  // The kernel forgets the bytes that it keeps of a file: they may be bad. Waits for reads of it
  // that are under way.
  virtual void DropPages(fs::InodeNumber inode) = 0;

  // "on", or "off: " and the reason (kernel before 6.9, no CAP_SYS_ADMIN, asked for, stacked cache
  // disk, ...).
  virtual std::string passthrough_state() const = 0;
};

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_SESSION_H_

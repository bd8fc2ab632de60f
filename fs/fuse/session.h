// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_SESSION_H_
#define LARDER_FS_FUSE_SESSION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/metrics.h"
#include "fs/filesystem.h"

namespace larder::fuse {

struct SessionOptions {
  std::string source;      // shown by mount(8) and df
  std::string mountpoint;  // absolute; checked by Mount
  bool allow_other = false;
  bool passthrough = true;          // where the kernel, the privileges and the cache's disk allow it
  std::string cache_folder;         // whose filesystem is checked for passthrough (a stacked one cannot)
  uint64_t capacity_bytes = 0;      // for statfs
  int max_threads = 32;
};

// One FUSE connection: mounts, serves requests on its threads, unmounts.
class Session {
 public:
  // Checks the mountpoint and mounts. Errors, each with what to do: NotFound (no such folder), FailedPrecondition (not empty; already a
  // mountpoint; a stale mount whose daemon died is said to be one, with the umount command), PermissionDenied, Unavailable (no /dev/fuse, no fusermount3).
  // `filesystem` and `counters` are not owned.
  static absl::StatusOr<std::unique_ptr<Session>> Mount(const SessionOptions& options,
                                                        fs::Filesystem* filesystem,
                                                        DatasetCounters* counters);
  // Unmounts if it is still mounted.
  virtual ~Session() = default;

  // Serves until the filesystem is unmounted (by anyone) or Stop() is called. OK in both cases.
  virtual absl::Status Serve() = 0;
  // Makes Serve return, soon; async-signal-safe it is not, call it from a thread.
  virtual void Stop() = 0;

  // "on", or "off: " and the reason (kernel before 6.9, no CAP_SYS_ADMIN, asked for, stacked cache disk, ...).
  virtual std::string passthrough_state() const = 0;
};

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_SESSION_H_

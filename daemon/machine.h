// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_MACHINE_H_
#define LARDER_DAEMON_MACHINE_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace larder {

// What defaults are made of, as a value, so that tests can make one up.
struct Machine {
  uid_t uid = 0;  // effective
  gid_t gid = 0;
  std::string working_folder;
  std::string cache_home;     // where a user's caches lie; empty: unknown
  uint64_t memory_bytes = 0;  // of the machine, or of the cgroup where that is less
  // The size of the disk that a path (which need not exist yet) lies on.
  std::function<absl::StatusOr<uint64_t>(const std::string& path)> disk_bytes;
};

Machine ThisMachine();

// The memory that a process may use: the machine's, or what the least of its cgroups (v1 or v2)
// allows. `root` is where /proc and /sys are looked for: "" but in tests. 0 when nothing can be
// read.
uint64_t MemoryBytes(const std::string& root);

// The size of the disk below the nearest existing folder above `path`, or `path` itself.
absl::StatusOr<uint64_t> DiskBytes(const std::string& path);

}  // namespace larder

#endif  // LARDER_DAEMON_MACHINE_H_

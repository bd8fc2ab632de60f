// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_COMMANDS_H_
#define LARDER_DAEMON_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/mount_options.h"

namespace larder {

// The commands of `larder`. Each writes to standard output and returns what went wrong; main says
// it on standard error.

// Mounts; in the background returns when the mount is ready, in the foreground when it has been
// unmounted. InvalidArgument: wrong usage.
absl::Status RunMount(const MountArguments& arguments);

// Unmounts and waits until the daemon has ended.
absl::Status RunUmount(const std::string& mountpoint);

struct StatusArguments {
  std::string mountpoint;  // empty: every daemon of this user
  bool json = false;
};
absl::Status RunStatus(const StatusArguments& arguments);

// Loads all below `paths` into the cache of the mount that each is on.
absl::Status RunWarm(const std::vector<std::string>& paths);

// Each of `paths` is on a larder mount. Evict: frees what is cached at and below them. Pin: keeps
// it from being evicted for others; Unpin: of a path that was pinned, not any more. Refresh: asks
// the remote again for names and attributes at their next use.
absl::Status RunEvict(const std::vector<std::string>& paths);
absl::Status RunPin(const std::vector<std::string>& paths);
absl::Status RunUnpin(const std::vector<std::string>& paths);
absl::Status RunRefresh(const std::vector<std::string>& paths);
struct VerifyArguments {
  std::string mountpoint;  // its daemon's cache; both empty: those of every daemon of this user
  std::string cache_dir;   // this one, by the daemon that uses it, or here
  bool repair = false;
};
// Reads all that is cached against its checksums. DataLoss: something is bad, and was not repaired.
absl::Status RunVerify(const VerifyArguments& arguments);

// Empties a cache folder, of any release's format, that no daemon uses.
absl::Status RunDropCache(const std::string& cache_dir);

}  // namespace larder

#endif  // LARDER_DAEMON_COMMANDS_H_

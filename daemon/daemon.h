// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_DAEMON_H_
#define LARDER_DAEMON_DAEMON_H_

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cache/cache.h"
#include "daemon/control_server.h"
#include "daemon/dataset_mount.h"
#include "daemon/mount_options.h"

namespace larder {

// A process that serves a dataset: the cache, the mount, the control server, and their end in the
// right order. Not thread-safe but for what its control server calls.
class Daemon {
 public:
  // Ready when it returns: mounted, its root answers, its socket is there. `on_end` is called once,
  // on another thread, when it has been unmounted by anyone.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const MountOptions& options,
                                                       std::function<void()> on_end);
  // Unmounts if need be, syncs the cache, removes its socket.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

 private:
  explicit Daemon(const MountOptions& options) : cache_folder_(options.cache.folder) {}
  absl::Status StartServing(const MountOptions& options, std::function<void()> on_end);
  absl::StatusOr<Json> Status();
  absl::StatusOr<Json> Warm(const Json& request, ControlCall& call);
  // A handler of requests with paths, which calls `handle` for each.
  ControlHandler OnPaths(absl::StatusOr<Json> (Daemon::*handle)(const std::string& path));
  absl::StatusOr<Json> Evict(const std::string& path);
  absl::StatusOr<Json> Pin(const std::string& path);
  absl::StatusOr<Json> Unpin(const std::string& path);
  absl::StatusOr<Json> Refresh(const std::string& path);
  absl::StatusOr<Json> Verify(const Json& request, ControlCall& call);

  const std::string cache_folder_;
  std::unique_ptr<DatasetMount> mount_;  // outlives the cache, which uses its store
  std::unique_ptr<cache::Cache> cache_;
  std::unique_ptr<ControlServer> control_;
};

}  // namespace larder

#endif  // LARDER_DAEMON_DAEMON_H_

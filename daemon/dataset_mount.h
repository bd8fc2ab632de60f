// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_DATASET_MOUNT_H_
#define LARDER_DAEMON_DATASET_MOUNT_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "cache/cache.h"
#include "cache/dataset.h"
#include "daemon/mount_options.h"
#include "daemon/status_report.h"
#include "fs/filesystem.h"
#include "fs/fuse/session.h"
#include "remote/object_store.h"

namespace larder {

// A dataset at its mountpoint: the store, the filesystem over it and the session that serves it, on
// a cache that others may share. Made in two steps, so that what can go wrong without a cache does
// so before there is one. Thread-safe but for Mount, Close and the destructor.
class DatasetMount {
 public:
  // How long the remote may take to show its root before the mount, and how often it is asked when
  // it can't be reached: a mistyped host should be told of soon.
  static constexpr absl::Duration kProbeDeadline = absl::Seconds(20);
  static constexpr int kProbeTries = 3;
  // Of --memory, the part for names that the kernel has looked up; the cache gets the rest.
  static uint64_t NamesMemoryBytes(uint64_t memory_bytes) { return memory_bytes / 8; }
  static constexpr absl::Duration kProbePause = absl::Milliseconds(500);

  // Checks the mountpoint, opens the store and asks the remote for its root. A remote that can't be
  // reached is no error yet: what is known of it from earlier may do.
  static absl::StatusOr<std::unique_ptr<DatasetMount>> Open(const MountOptions& options);
  // Close() has been called if Mount() was; the cache it was given is gone.
  ~DatasetMount() = default;
  DatasetMount(const DatasetMount&) = delete;
  DatasetMount& operator=(const DatasetMount&) = delete;

  // Mounts and serves; ready when it returns. `on_end` is called once, on a thread of this, when
  // the filesystem has been unmounted by anyone. `cache` is not owned.
  absl::Status Mount(cache::Cache* cache, std::function<void()> on_end);
  // Unmounts and waits until no request is served any more.
  void Stop();
  // After Stop() and Cache::Shutdown(): lets go of every object of the cache.
  void Close();

  const std::string& mountpoint() const { return options_.mountpoint; }
  uint64_t dataset_id() const { return dataset_.id; }
  // What is known at and below `path` is asked of the remote again at its next use, and the kernel
  // drops what it keeps of it.
  // What the kernel keeps of a version's bytes, which were found to be bad.
  void DropPages(const Digest& id) { session_->DropPages(id.prefix()); }
  void Refresh(const std::string& path) { session_->Invalidate(filesystem_->Refresh(path)); }
  const cache::Dataset* dataset() const { return &dataset_; }
  fs::Filesystem* filesystem() { return filesystem_.get(); }
  DatasetStatus GetStatus(cache::Cache* cache) const;

 private:
  explicit DatasetMount(const MountOptions& options) : options_(options) {}
  absl::Status ProbeRemote();
  absl::Status AskRootOnce();
  // Whether the root is known from an earlier mount.
  absl::Status ProbeCatalog();

  const MountOptions options_;
  // In the order of their making; each uses those above it.
  DatasetCounters counters_;
  SystemClock clock_;
  std::unique_ptr<remote::ObjectStore> store_;
  absl::Status remote_status_;  // of the probe
  cache::Dataset dataset_;
  std::unique_ptr<fs::Filesystem> filesystem_;
  std::unique_ptr<fuse::Session> session_;
  std::thread server_;
};

}  // namespace larder

#endif  // LARDER_DAEMON_DATASET_MOUNT_H_

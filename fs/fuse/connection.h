// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_CONNECTION_H_
#define LARDER_FS_FUSE_CONNECTION_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "fs/filesystem.h"
#include "fs/fuse/backing_files.h"
#include "fs/fuse/folder_streams.h"
#include "fs/fuse/open_modes.h"
#include "fs/fuse/pending_call.h"
#include "fs/fuse/session.h"

namespace larder::fuse {

// For how long the kernel may show a folder's listing from its own cache. It checks no times by
// itself: what it keeps is told to it at each OPENDIR. Thread-safe.
class ListingExpiries {
 public:
  // The kernel has got a listing that is good for so long.
  void Set(fs::InodeNumber folder, absl::Time expiry) ABSL_LOCKS_EXCLUDED(mutex_);
  void Drop(fs::InodeNumber folder) ABSL_LOCKS_EXCLUDED(mutex_);
  bool MayKeep(fs::InodeNumber folder, absl::Time now) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  static constexpr size_t kLimit = 1 << 16;  // folders; beyond it all are asked for again

  mutable Mutex mutex_;
  absl::flat_hash_map<fs::InodeNumber, absl::Time> expiries_ ABSL_GUARDED_BY(mutex_);
};

// What the requests of one session share; the library's user data.
struct Connection {
  Connection(const SessionOptions& session_options, fs::Filesystem* served,
             DatasetCounters* dataset_counters, bool may_pass, uint64_t seed)
      : options(session_options),
        filesystem(served),
        counters(dataset_counters),
        passthrough_possible(may_pass),
        streams(seed) {}

  const SessionOptions options;
  fs::Filesystem* const filesystem;
  DatasetCounters* const counters;
  const bool passthrough_possible;  // as far as is known before INIT

  std::unique_ptr<BackingFiles> backing_files;  // set once, before requests come
  PendingCalls pending;
  OpenModes open_modes;
  FolderStreams streams;
  ListingExpiries listings;

  std::string passthrough_state() const ABSL_LOCKS_EXCLUDED(mutex) {
    MutexLock lock(&mutex);
    return passthrough;
  }
  void SetPassthroughState(std::string state) ABSL_LOCKS_EXCLUDED(mutex) {
    MutexLock lock(&mutex);
    passthrough = std::move(state);
  }

  mutable Mutex mutex;
  std::string passthrough ABSL_GUARDED_BY(mutex);
};

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_CONNECTION_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_AVAILABILITY_H_
#define LARDER_FS_AVAILABILITY_H_

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "fs/filesystem.h"
#include "fs/remote_calls.h"

namespace larder::fs {

// Whether a dataset's remote can be reached. One transient failure makes it offline, any other
// answer online again. While it is offline a thread probes: a single-try Stat of the path that
// answered last, since that one shows that the way is open, whatever is wrong with the path that
// failed (before any answer: of the path that failed; of the root a List, since a Stat of it may
// need no request). Each change is logged once. Thread-safe; the lock is a leaf.
class Availability {
 public:
  struct Options {
    std::string source;  // for the log
    absl::Duration probe_deadline;
    absl::Duration first_probe;  // the wait before it; doubles after each failure
    absl::Duration max_probe;    // ... up to this
  };
  // `calls` is not owned and outlives it.
  Availability(const Options& options, RemoteCalls* calls);
  // Shutdown() was called.
  ~Availability() = default;

  bool offline() const { return offline_.load(std::memory_order_relaxed); }

  // What a request for `path` came to.
  void Report(absl::string_view path, const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the probing; waits for a probe under way, so `calls` is shut down before or concurrently.
  void Shutdown() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void ProbeWhileOffline() ABSL_LOCKS_EXCLUDED(mutex_);
  void StartProbe(const std::string& path) ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  RemoteCalls* const calls_;
  std::atomic<bool> offline_{false};  // written under the lock

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool probing_ ABSL_GUARDED_BY(mutex_) = false;
  std::string answered_ ABSL_GUARDED_BY(mutex_);  // the last path that did; "": none
  std::string failed_ ABSL_GUARDED_BY(mutex_);    // the one that made it offline
  absl::Duration wait_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // last: it uses the rest
};

}  // namespace larder::fs

#endif  // LARDER_FS_AVAILABILITY_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_LOAD_QUEUE_H_
#define LARDER_CACHE_LOAD_QUEUE_H_

#include <deque>
#include <memory>

#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "cache/block.h"

namespace larder::cache {

class Load;

// Which loads run: demand before readahead before warm-up, at most `max_running` at a time, of
// which a quarter is kept for demand. Thread-safe; holds no lock while it starts or cancels a load.
class LoadQueue {
 public:
  explicit LoadQueue(int max_running) : max_running_(max_running) {}

  // Runs `load` when its turn comes; after Shutdown it ends at once with Cancelled.
  void Add(const std::shared_ptr<Load>& load, Priority priority);
  // A reader waits for it now. Nothing if it runs already or has ended.
  void Promote(const std::shared_ptr<Load>& load);
  // Called by a load that was started, once, at its end.
  void Ended(const std::shared_ptr<Load>& load);
  // Ends all, and returns when the last has ended.
  void Shutdown();

 private:
  // The next load that may run now, moved to the running ones; null: none.
  std::shared_ptr<Load> TakeNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartNext();

  const int max_running_;
  Mutex mutex_;
  CondVar ended_;
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::shared_ptr<Load>> waiting_[3] ABSL_GUARDED_BY(mutex_);  // by priority
  int ending_ ABSL_GUARDED_BY(mutex_) = 0;  // calls of Ended under way
  absl::flat_hash_set<std::shared_ptr<Load>> running_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_LOAD_QUEUE_H_

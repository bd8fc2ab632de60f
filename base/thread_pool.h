// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_THREAD_POOL_H_
#define LARDER_BASE_THREAD_POOL_H_

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace larder {

// A fixed number of threads that run tasks in the order of their coming. The queue has no limit of
// its own: what is queued is bounded by who queues it (requests of the kernel, buffers of the
// memory budget). Thread-safe. The destructor runs what is queued, then joins.
class ThreadPool {
 public:
  // `name`: at most 15 characters are shown by ps and gdb.
  ThreadPool(const std::string& name, int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void Run(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until nothing is queued and nothing runs. New tasks may come while it waits.
  void Drain() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Work();

  const std::string name_;
  Mutex mutex_;
  CondVar changed_;  // a task came, or the end
  CondVar idle_;     // nothing queued, nothing running
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace larder

#endif  // LARDER_BASE_THREAD_POOL_H_

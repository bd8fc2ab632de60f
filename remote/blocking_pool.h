// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_BLOCKING_POOL_H_
#define LARDER_REMOTE_BLOCKING_POOL_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/thread_pool.h"

namespace larder::remote {

// Threads for system calls that may never return, as on a dead NFS server. Thread-safe. The
// destructor waits for what runs and is queued at most kCloseWait; threads that are stuck then are
// left behind, so tasks may own but not borrow what they use.
class BlockingPool {
 public:
  static constexpr absl::Duration kCloseWait = absl::Seconds(3);

  explicit BlockingPool(int threads);
  ~BlockingPool();

  void Run(std::function<void()> task);

 private:
  // Outlives the pool where a thread is left behind.
  struct Outstanding {
    Mutex mutex;
    CondVar none;
    int tasks ABSL_GUARDED_BY(mutex) = 0;
  };

  const std::shared_ptr<Outstanding> outstanding_ = std::make_shared<Outstanding>();
  std::unique_ptr<ThreadPool> threads_;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_BLOCKING_POOL_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/blocking_pool.h"

#include <utility>

#include "base/log.h"

namespace larder::remote {

BlockingPool::BlockingPool(int threads)
    : threads_(std::make_unique<ThreadPool>("larder-folder", threads)) {}

BlockingPool::~BlockingPool() {
  const absl::Time give_up = absl::Now() + kCloseWait;
  {
    MutexLock lock(&outstanding_->mutex);
    while (outstanding_->tasks > 0) {
      const absl::Duration left = give_up - absl::Now();
      if (left <= absl::ZeroDuration()) break;
      outstanding_->none.WaitFor(&outstanding_->mutex, left);
    }
    if (outstanding_->tasks == 0) return;
  }
  LogWarning("reads of a folder did not come back; their threads are left behind");
  // Joining would wait for the dead server. The pool itself must outlive its threads.
  (void)threads_.release();
}

void BlockingPool::Run(std::function<void()> task) {
  {
    MutexLock lock(&outstanding_->mutex);
    ++outstanding_->tasks;
  }
  threads_->Run([outstanding = outstanding_, task = std::move(task)]() mutable {
    task();
    task = nullptr;
    MutexLock lock(&outstanding->mutex);
    if (--outstanding->tasks == 0) outstanding->none.NotifyAll();
  });
}

}  // namespace larder::remote

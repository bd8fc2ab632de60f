// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_TIMER_QUEUE_H_
#define LARDER_REMOTE_TIMER_QUEUE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "base/mutex.h"

namespace larder::remote {

// Runs tasks after a delay, on one thread of its own: waits between retries, deadlines.
// Thread-safe. The clock is monotonic. Tasks must not block. Every task runs once, unless
// cancelled: when its time has come, or earlier when the queue stops, with `stopping` true, so that
// whoever waits gets an answer.
class TimerQueue {
 public:
  using TimerId = uint64_t;
  using Task = std::function<void(bool stopping)>;

  TimerQueue();
  // Stops.
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // 0: the queue has stopped, and the task will not run.
  TimerId RunAfter(absl::Duration delay, Task task) ABSL_LOCKS_EXCLUDED(mutex_);
  // False if the task ran, runs now, or was cancelled before.
  bool Cancel(TimerId id) ABSL_LOCKS_EXCLUDED(mutex_);
  // Runs what is left at once, on the caller's thread, after the task that runs has ended. Not from
  // a task. May be called again.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Time = std::chrono::steady_clock::time_point;
  void Work();

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  TimerId next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::pair<Time, TimerId>, Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::map<TimerId, Time> times_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_TIMER_QUEUE_H_

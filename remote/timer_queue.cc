// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/timer_queue.h"

#include <pthread.h>

#include <algorithm>

namespace larder::remote {

TimerQueue::TimerQueue() : thread_([this] { Work(); }) {}

TimerQueue::~TimerQueue() { Stop(); }

void TimerQueue::Stop() {
  std::map<std::pair<Time, TimerId>, Task> left;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    std::swap(left, tasks_);
    times_.clear();
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  for (auto& [when, task] : left) task(/*stopping=*/true);
}

TimerQueue::TimerId TimerQueue::RunAfter(absl::Duration delay, Task task) {
  // A year at most, so that the sum does not overflow.
  delay = std::clamp(delay, absl::ZeroDuration(), absl::Hours(24 * 365));
  const Time time = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay);
  MutexLock lock(&mutex_);
  if (stopping_) return 0;
  const TimerId id = next_id_++;
  const bool first = tasks_.empty() || time < tasks_.begin()->first.first;
  tasks_.emplace(std::pair(time, id), std::move(task));
  times_.emplace(id, time);
  if (first) changed_.NotifyOne();
  return id;
}

bool TimerQueue::Cancel(TimerId id) {
  Task dropped;  // its destructor runs outside the lock
  MutexLock lock(&mutex_);
  const auto found = times_.find(id);
  if (found == times_.end()) return false;
  const auto task = tasks_.find({found->second, id});
  dropped = std::move(task->second);
  tasks_.erase(task);
  times_.erase(found);
  return true;
}

void TimerQueue::Work() {
  pthread_setname_np(pthread_self(), "larder-timer");
  mutex_.Lock();
  while (!stopping_) {
    if (tasks_.empty()) {
      changed_.Wait(&mutex_);
      continue;
    }
    const auto first = tasks_.begin();
    const Time now = std::chrono::steady_clock::now();
    if (first->first.first > now) {
      changed_.WaitFor(&mutex_, absl::FromChrono(first->first.first - now));
      continue;
    }
    Task task = std::move(first->second);
    times_.erase(first->first.second);
    tasks_.erase(first);
    mutex_.Unlock();
    task(/*stopping=*/false);
    task = nullptr;
    mutex_.Lock();
  }
  mutex_.Unlock();
}

}  // namespace larder::remote

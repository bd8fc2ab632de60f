// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/load_queue.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cache/load.h"

namespace larder::cache {

void LoadQueue::Add(const std::shared_ptr<Load>& load, Priority priority) {
  bool refused = false;
  {
    MutexLock lock(&mutex_);
    refused = shut_down_;
    if (!refused) waiting_[static_cast<int>(priority)].push_back(load);
  }
  if (refused) {
    load->NotStarted(absl::CancelledError("the cache is shutting down"));
    return;
  }
  StartNext();
}

void LoadQueue::Promote(const std::shared_ptr<Load>& load) {
  {
    MutexLock lock(&mutex_);
    for (Priority from : {Priority::kReadahead, Priority::kWarm}) {
      auto& queue = waiting_[static_cast<int>(from)];
      const auto found = std::find(queue.begin(), queue.end(), load);
      if (found == queue.end()) continue;
      queue.erase(found);
      waiting_[static_cast<int>(Priority::kDemand)].push_back(load);
      break;
    }
  }
  StartNext();
}

void LoadQueue::Ended(const std::shared_ptr<Load>& load) {
  {
    MutexLock lock(&mutex_);
    running_.erase(load);
    ++ending_;
  }
  StartNext();
  // The last: after this Shutdown returns, and the queue may be gone.
  MutexLock lock(&mutex_);
  if (--ending_ == 0 && running_.empty()) ended_.NotifyAll();
}

std::shared_ptr<Load> LoadQueue::TakeNext() {
  for (auto& queue : waiting_) {
    if (queue.empty()) continue;
    const bool demand = &queue == &waiting_[static_cast<int>(Priority::kDemand)];
    const int limit = demand ? max_running_ : std::max(1, max_running_ * 3 / 4);
    if (static_cast<int>(running_.size()) >= limit) continue;
    std::shared_ptr<Load> load = std::move(queue.front());
    queue.pop_front();
    running_.insert(load);
    return load;
  }
  return nullptr;
}

void LoadQueue::StartNext() {
  while (true) {
    std::shared_ptr<Load> load;
    {
      MutexLock lock(&mutex_);
      if (shut_down_) return;
      load = TakeNext();
    }
    if (load == nullptr) return;
    load->Start();
  }
}

void LoadQueue::Shutdown() {
  std::vector<std::shared_ptr<Load>> never_started;
  std::vector<std::shared_ptr<Load>> running;
  {
    MutexLock lock(&mutex_);
    shut_down_ = true;
    for (auto& queue : waiting_) {
      never_started.insert(never_started.end(), queue.begin(), queue.end());
      queue.clear();
    }
    running.assign(running_.begin(), running_.end());
  }
  for (const auto& load : never_started) {
    load->NotStarted(absl::CancelledError("the cache is shutting down"));
  }
  for (const auto& load : running) load->Cancel();
  MutexLock lock(&mutex_);
  while (!running_.empty() || ending_ > 0) ended_.Wait(&mutex_);
}

}  // namespace larder::cache

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <pthread.h>

#include <utility>

namespace larder {

ThreadPool::ThreadPool(const std::string& name, int threads) : name_(name.substr(0, 15)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

ThreadPool::~ThreadPool() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::Run(std::function<void()> task) {
  MutexLock lock(&mutex_);
  tasks_.push_back(std::move(task));
  // Under the lock: whoever waits for the task may destroy the pool as soon as it ran.
  changed_.NotifyOne();
}

void ThreadPool::Drain() {
  MutexLock lock(&mutex_);
  while (!tasks_.empty() || running_ > 0) idle_.Wait(&mutex_);
}

void ThreadPool::Work() {
  pthread_setname_np(pthread_self(), name_.c_str());
  mutex_.Lock();
  while (true) {
    while (tasks_.empty() && !stopping_) changed_.Wait(&mutex_);
    if (tasks_.empty()) break;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    ++running_;
    mutex_.Unlock();
    task();
    task = nullptr;
    mutex_.Lock();
    if (--running_ == 0 && tasks_.empty()) idle_.NotifyAll();
  }
  mutex_.Unlock();
}

}  // namespace larder

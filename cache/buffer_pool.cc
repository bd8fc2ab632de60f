// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/buffer_pool.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

namespace larder::cache {
namespace {

int ClassOf(size_t bytes) {
  int size_class = 0;
  while ((BufferPool::kSmallestBytes << size_class) < bytes) ++size_class;
  return size_class;
}

size_t BytesOf(int size_class) { return BufferPool::kSmallestBytes << size_class; }

}  // namespace

BufferPool::BufferPool(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

BufferPool::~BufferPool() {
  MutexLock lock(&mutex_);
  DropIdle(idle_bytes_);
}

std::shared_ptr<Buffer> BufferPool::Acquire(size_t bytes, bool demand, std::function<void()> wake) {
  const int size_class = ClassOf(bytes);
  MutexLock lock(&mutex_);
  if (used_bytes_ + BytesOf(size_class) > limit_bytes_) {
    (demand ? demand_waiters_ : other_waiters_).push_back(std::move(wake));
    return nullptr;
  }
  return Take(size_class);
}

std::shared_ptr<Buffer> BufferPool::AcquireAlways(size_t bytes) {
  MutexLock lock(&mutex_);
  return Take(ClassOf(bytes));
}

std::shared_ptr<Buffer> BufferPool::Take(int size_class) {
  const size_t bytes = BytesOf(size_class);
  char* data = nullptr;
  if (!idle_[size_class].empty()) {
    data = idle_[size_class].back();
    idle_[size_class].pop_back();
    idle_bytes_ -= bytes;
  } else {
    if (used_bytes_ + idle_bytes_ + bytes > limit_bytes_) DropIdle(bytes);
    data = static_cast<char*>(std::aligned_alloc(kSmallestBytes, bytes));
    if (data == nullptr) throw std::bad_alloc();
  }
  used_bytes_ += bytes;
  return std::shared_ptr<Buffer>(new Buffer(data, bytes), [this, size_class](Buffer* buffer) {
    Release(buffer->data_, size_class);
    delete buffer;
  });
}

void BufferPool::Release(char* data, int size_class) {
  std::function<void()> wake;
  {
    MutexLock lock(&mutex_);
    used_bytes_ -= BytesOf(size_class);
    idle_[size_class].push_back(data);
    idle_bytes_ += BytesOf(size_class);
    auto& waiters = demand_waiters_.empty() ? other_waiters_ : demand_waiters_;
    if (!waiters.empty()) {
      wake = std::move(waiters.front());
      waiters.pop_front();
    }
  }
  if (wake) wake();
}

void BufferPool::DropIdle(uint64_t bytes) {
  uint64_t dropped = 0;
  for (int size_class = kClasses - 1; size_class >= 0 && dropped < bytes; --size_class) {
    while (!idle_[size_class].empty() && dropped < bytes) {
      std::free(idle_[size_class].back());
      idle_[size_class].pop_back();
      dropped += BytesOf(size_class);
    }
  }
  idle_bytes_ -= dropped;
}

void BufferPool::WakeAll() {
  std::deque<std::function<void()>> waiters;
  {
    MutexLock lock(&mutex_);
    if (used_bytes_ >= limit_bytes_) return;
    waiters.swap(demand_waiters_);
    for (auto& waiter : other_waiters_) waiters.push_back(std::move(waiter));
    other_waiters_.clear();
  }
  for (const auto& wake : waiters) wake();
}

uint64_t BufferPool::used_bytes() const {
  MutexLock lock(&mutex_);
  return used_bytes_;
}

}  // namespace larder::cache

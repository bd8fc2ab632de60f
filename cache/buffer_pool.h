// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_BUFFER_POOL_H_
#define LARDER_CACHE_BUFFER_POOL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/mutex.h"

namespace larder::cache {

// Page-aligned memory of a fixed size. Gives itself back to its pool.
class Buffer {
 public:
  char* data() { return data_; }
  const char* data() const { return data_; }
  size_t capacity() const { return capacity_; }

 private:
  friend class BufferPool;
  Buffer(char* data, size_t capacity) : data_(data), capacity_(capacity) {}
  char* const data_;
  const size_t capacity_;
};

// All memory for bytes in flight, with one limit. Freed buffers are kept for reuse (their pages are
// resident: taking fresh ones from the kernel costs a fault each 4 KiB), counted as used only while
// they are out, and given back to the system when the limit would be passed. Thread-safe. Outlives
// its buffers.
class BufferPool {
 public:
  explicit BufferPool(uint64_t limit_bytes);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  // At least `bytes` (at most kLargestBytes), or null when the limit is reached: then `wake` is
  // called once, by the thread that gives memory back, without locks held. First come, first woken,
  // demand before the rest.
  std::shared_ptr<Buffer> Acquire(size_t bytes, bool demand, std::function<void()> wake);
  // Never null, beyond the limit if need be: for the answers of requests, whose number is bounded
  // by the threads that serve them.
  std::shared_ptr<Buffer> AcquireAlways(size_t bytes);

  // Wakes all who wait, now and then: one that was woken and had no use for it any more must not
  // keep the others asleep.
  void WakeAll();

  uint64_t used_bytes() const;
  uint64_t limit_bytes() const { return limit_bytes_; }

  static constexpr size_t kSmallestBytes = 4096;
  static constexpr size_t kLargestBytes = size_t{4} << 20;

 private:
  static constexpr int kClasses = 11;  // 4 KiB, 8 KiB, ... 4 MiB

  std::shared_ptr<Buffer> Take(int size_class) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Release(char* data, int size_class) ABSL_LOCKS_EXCLUDED(mutex_);
  void DropIdle(uint64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const uint64_t limit_bytes_;
  mutable Mutex mutex_;
  uint64_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t idle_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<char*> idle_[kClasses] ABSL_GUARDED_BY(mutex_);
  std::deque<std::function<void()>> demand_waiters_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::function<void()>> other_waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_BUFFER_POOL_H_

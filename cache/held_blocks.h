// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_HELD_BLOCKS_H_
#define LARDER_CACHE_HELD_BLOCKS_H_

#include <cstdint>
#include <deque>
#include <memory>

#include "base/mutex.h"

namespace larder::cache {

class Object;

// Blocks that came and could not be written (no room on disk): kept in memory for the reader that
// comes back for the rest of them, oldest dropped first, in at most `limit_bytes`. Thread-safe;
// calls objects without its lock.
class HeldBlocks {
 public:
  explicit HeldBlocks(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // Drops older ones beyond the limit.
  void Add(const std::shared_ptr<Object>& object, uint32_t block, uint64_t bytes);
  // Drops the oldest one; false if there is none.
  bool DropOldest();

 private:
  struct Held {
    std::weak_ptr<Object> object;
    uint32_t block;
    uint64_t bytes;
  };

  const uint64_t limit_bytes_;
  Mutex mutex_;
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Held> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_HELD_BLOCKS_H_

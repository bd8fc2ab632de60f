// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/held_blocks.h"

#include <utility>

#include "cache/object.h"

namespace larder::cache {

void HeldBlocks::Add(const std::shared_ptr<Object>& object, uint32_t block, uint64_t bytes) {
  bool over = false;
  {
    MutexLock lock(&mutex_);
    held_.push_back({object, block, bytes});
    bytes_ += bytes;
    over = bytes_ > limit_bytes_;
  }
  while (over) {
    if (!DropOldest()) break;
    MutexLock lock(&mutex_);
    over = bytes_ > limit_bytes_;
  }
}

bool HeldBlocks::DropOldest() {
  Held oldest;
  {
    MutexLock lock(&mutex_);
    if (held_.empty()) return false;
    oldest = std::move(held_.front());
    held_.pop_front();
    bytes_ -= oldest.bytes;
  }
  // Dead objects took their blocks along.
  if (const std::shared_ptr<Object> object = oldest.object.lock()) object->DropHeld(oldest.block);
  return true;
}

}  // namespace larder::cache

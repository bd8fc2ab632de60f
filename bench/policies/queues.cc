// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0

// The well-known policies that need no more than queues.

#include <algorithm>
#include <list>

#include "absl/container/flat_hash_map.h"
#include "bench/policies/cache_policy.h"

namespace larder::bench {
namespace {

struct Entry {
  uint32_t object = 0;
  uint64_t bytes = 0;
  uint32_t hits = 0;
};
using Queue = std::list<Entry>;  // the newest first

class LruOrFifo final : public CachePolicy {
 public:
  LruOrFifo(uint64_t capacity_bytes, bool lru) : capacity_(capacity_bytes), lru_(lru) {}

  bool Use(const Access& access) override {
    const auto found = places_.find(access.object);
    if (found != places_.end()) {
      if (lru_) queue_.splice(queue_.begin(), queue_, found->second);
      return true;
    }
    const uint64_t bytes = SizeOf(access);
    if (bytes > capacity_) return false;
    while (used_ + bytes > capacity_) {
      used_ -= queue_.back().bytes;
      places_.erase(queue_.back().object);
      queue_.pop_back();
    }
    queue_.push_front({.object = access.object, .bytes = bytes});
    places_[access.object] = queue_.begin();
    used_ += bytes;
    return false;
  }

 private:
  const uint64_t capacity_;
  const bool lru_;
  uint64_t used_ = 0;
  Queue queue_;
  absl::flat_hash_map<uint32_t, Queue::iterator> places_;
};

class Sieve final : public CachePolicy {
 public:
  explicit Sieve(uint64_t capacity_bytes) : capacity_(capacity_bytes), hand_(queue_.end()) {}

  bool Use(const Access& access) override {
    const auto found = places_.find(access.object);
    if (found != places_.end()) {
      found->second->hits = 1;
      return true;
    }
    const uint64_t bytes = SizeOf(access);
    if (bytes > capacity_) return false;
    while (used_ + bytes > capacity_) EvictOne();
    queue_.push_front({.object = access.object, .bytes = bytes});
    places_[access.object] = queue_.begin();
    used_ += bytes;
    return false;
  }

 private:
  void EvictOne() {
    if (hand_ == queue_.end()) --hand_;
    while (hand_->hits > 0) {
      hand_->hits = 0;
      hand_ = hand_ == queue_.begin() ? std::prev(queue_.end()) : std::prev(hand_);
    }
    const Queue::iterator victim = hand_;
    hand_ = hand_ == queue_.begin() ? queue_.end() : std::prev(hand_);
    used_ -= victim->bytes;
    places_.erase(victim->object);
    queue_.erase(victim);
  }

  const uint64_t capacity_;
  uint64_t used_ = 0;
  Queue queue_;
  Queue::iterator hand_;  // end: at the oldest
  absl::flat_hash_map<uint32_t, Queue::iterator> places_;
};

class S3Fifo final : public CachePolicy {
 public:
  explicit S3Fifo(uint64_t capacity_bytes) : capacity_(capacity_bytes) {}

  bool Use(const Access& access) override {
    const auto found = places_.find(access.object);
    if (found != places_.end()) {
      found->second->hits = std::min(found->second->hits + 1, 3u);
      return true;
    }
    const uint64_t bytes = SizeOf(access);
    if (bytes > capacity_) return false;
    while (small_bytes_ + main_bytes_ + bytes > capacity_) EvictOne();
    const Entry entry{.object = access.object, .bytes = bytes};
    const auto ghost = ghosts_.find(access.object);
    if (ghost != ghosts_.end()) {
      ghost_queue_.erase(ghost->second);
      ghosts_.erase(ghost);
      Push(main_, &main_bytes_, entry);
    } else {
      Push(small_, &small_bytes_, entry);
    }
    return false;
  }

 private:
  void Push(Queue& queue, uint64_t* bytes, const Entry& entry) {
    queue.push_front(entry);
    places_[entry.object] = queue.begin();
    *bytes += entry.bytes;
  }

  void EvictOne() {
    if (!small_.empty() && (small_bytes_ > capacity_ / 10 || main_.empty())) {
      Entry oldest = small_.back();
      small_.pop_back();
      small_bytes_ -= oldest.bytes;
      if (oldest.hits > 1) {
        oldest.hits = 0;
        Push(main_, &main_bytes_, oldest);
        return;
      }
      places_.erase(oldest.object);
      Remember(oldest.object);
      return;
    }
    Entry oldest = main_.back();
    main_.pop_back();
    main_bytes_ -= oldest.bytes;
    if (oldest.hits > 0) {
      --oldest.hits;
      Push(main_, &main_bytes_, oldest);
      return;
    }
    places_.erase(oldest.object);
  }

  void Remember(uint32_t object) {
    ghost_queue_.push_front(object);
    ghosts_[object] = ghost_queue_.begin();
    while (ghost_queue_.size() > std::max<size_t>(places_.size(), 1)) {
      ghosts_.erase(ghost_queue_.back());
      ghost_queue_.pop_back();
    }
  }

  const uint64_t capacity_;
  uint64_t small_bytes_ = 0;
  uint64_t main_bytes_ = 0;
  Queue small_;
  Queue main_;
  std::list<uint32_t> ghost_queue_;
  absl::flat_hash_map<uint32_t, Queue::iterator> places_;
  absl::flat_hash_map<uint32_t, std::list<uint32_t>::iterator> ghosts_;
};

}  // namespace

std::unique_ptr<CachePolicy> MakeLru(uint64_t capacity_bytes) {
  return std::make_unique<LruOrFifo>(capacity_bytes, /*lru=*/true);
}

std::unique_ptr<CachePolicy> MakeFifo(uint64_t capacity_bytes) {
  return std::make_unique<LruOrFifo>(capacity_bytes, /*lru=*/false);
}

std::unique_ptr<CachePolicy> MakeSieve(uint64_t capacity_bytes) {
  return std::make_unique<Sieve>(capacity_bytes);
}

std::unique_ptr<CachePolicy> MakeS3Fifo(uint64_t capacity_bytes) {
  return std::make_unique<S3Fifo>(capacity_bytes);
}

}  // namespace larder::bench

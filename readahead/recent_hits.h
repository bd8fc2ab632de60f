// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_READAHEAD_RECENT_HITS_H_
#define LARDER_READAHEAD_RECENT_HITS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace larder::readahead {

// The keys of the last hits, the newest first to be taken out. Older ones are forgotten.
class RecentHits {
 public:
  void Push(uint64_t key) {
    if (ring_.empty()) ring_.resize(kLimit);
    end_ = (end_ + 1) % kLimit;
    ring_[end_] = key;
    if (size_ < kLimit) ++size_;
  }
  std::optional<uint64_t> Pop() {
    if (size_ == 0) return std::nullopt;
    const uint64_t key = ring_[end_];
    end_ = (end_ + kLimit - 1) % kLimit;
    --size_;
    return key;
  }
  uint64_t memory_bytes() const { return ring_.capacity() * sizeof(uint64_t); }

 private:
  static constexpr size_t kLimit = 512;

  std::vector<uint64_t> ring_;
  size_t end_ = 0;
  size_t size_ = 0;
};

}  // namespace larder::readahead

#endif  // LARDER_READAHEAD_RECENT_HITS_H_

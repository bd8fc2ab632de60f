// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_READAHEAD_RECENTLY_EVICTED_H_
#define LARDER_READAHEAD_RECENTLY_EVICTED_H_

#include <bit>
#include <cstdint>
#include <vector>

namespace larder::readahead {

// Which keys were evicted not long ago, in two bytes each. A newer key may take an older one's
// place; any other is mistaken for one of them once in 32,768 times.
class RecentlyEvicted {
 public:
  // Makes the places enough for `keys`, and not far too many; forgets all where it changes them.
  void Fit(uint64_t keys) {
    const uint64_t places = std::bit_ceil(keys + 1);
    if (places_.size() < places || places_.size() > 4 * places) places_.assign(places, 0);
  }
  void Insert(uint64_t key) {
    if (!places_.empty()) places_[PlaceOf(key)] = MarkOf(key);
  }
  // Whether it was there; it is not any more.
  bool Take(uint64_t key) {
    if (places_.empty() || places_[PlaceOf(key)] != MarkOf(key)) return false;
    places_[PlaceOf(key)] = 0;
    return true;
  }
  uint64_t memory_bytes() const { return places_.capacity() * sizeof(uint16_t); }

 private:
  static uint64_t Mix(uint64_t key) {
    const uint64_t product = key * 0xD6E8FEB86659FD93u;
    return product ^ (product >> 32);
  }
  uint64_t PlaceOf(uint64_t key) const { return Mix(key) & (places_.size() - 1); }
  static uint16_t MarkOf(uint64_t key) { return static_cast<uint16_t>(Mix(key) >> 48) | 1; }

  std::vector<uint16_t> places_;  // 0: free
};

}  // namespace larder::readahead

#endif  // LARDER_READAHEAD_RECENTLY_EVICTED_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_BYTE_RANGE_H_
#define LARDER_BASE_BYTE_RANGE_H_

#include <algorithm>
#include <cstdint>

namespace larder {

// A run of bytes of an object: [offset, offset + length). A value type.
struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;

  uint64_t end() const { return offset + length; }
  bool empty() const { return length == 0; }
  bool Contains(ByteRange other) const { return other.offset >= offset && other.end() <= end(); }
  // The part that both have; empty (at an unspecified offset) where none.
  ByteRange Intersect(ByteRange other) const {
    const uint64_t from = std::max(offset, other.offset);
    const uint64_t to = std::min(end(), other.end());
    return {from, to > from ? to - from : 0};
  }
  // The part below `size`.
  ByteRange ClampTo(uint64_t size) const { return Intersect({0, size}); }

  static ByteRange FromTo(uint64_t from, uint64_t to) { return {from, to > from ? to - from : 0}; }

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

inline uint64_t RoundUp(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }
inline uint64_t RoundDown(uint64_t value, uint64_t unit) { return value / unit * unit; }

}  // namespace larder

#endif  // LARDER_BASE_BYTE_RANGE_H_

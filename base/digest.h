// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_DIGEST_H_
#define LARDER_BASE_DIGEST_H_

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace larder {

// 128 bits of SHA-256: names a thing by its content, without a table of names. Two things with one
// digest are not expected to be met (2^-64 at 2^32 things). A value type; usable as a hash key.
struct Digest {
  std::array<uint8_t, 16> bytes{};

  // Of the parts with their lengths, so that {"ab","c"} and {"a","bc"} differ.
  static Digest Of(std::initializer_list<absl::string_view> parts);

  absl::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  // From view()'s 16 bytes.
  static Digest FromView(absl::string_view view) {
    Digest digest;
    std::memcpy(digest.bytes.data(), view.data(), digest.bytes.size());
    return digest;
  }
  // The first 8 bytes, big-endian.
  uint64_t prefix() const {
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
    return value;
  }
  // The least one with this prefix.
  static Digest FromPrefix(uint64_t prefix) {
    Digest digest;
    for (int i = 7; i >= 0; --i, prefix >>= 8) digest.bytes[i] = static_cast<uint8_t>(prefix);
    return digest;
  }
  std::string ToHex() const;

  friend auto operator<=>(const Digest&, const Digest&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Digest& digest) {
    return H::combine(std::move(state), digest.prefix());
  }
};

}  // namespace larder

#endif  // LARDER_BASE_DIGEST_H_

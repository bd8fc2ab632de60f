// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_INDEX_CODEC_H_
#define LARDER_INDEX_CODEC_H_

#include <concepts>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace larder::index {

// Appends fields to a record's bytes. Integers are little-endian, strings have a 32-bit length
// before them.
class Encoder {
 public:
  explicit Encoder(uint8_t format) { Put(format); }

  template <std::unsigned_integral T>
  Encoder& Put(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    }
    return *this;
  }
  Encoder& PutBool(bool value) { return Put(static_cast<uint8_t>(value)); }
  // Nanoseconds since 1970 as 64 bits; infinite past and future keep their meaning.
  Encoder& PutTime(absl::Time value) {
    return Put(static_cast<uint64_t>(absl::ToUnixNanos(value)));
  }
  Encoder& PutString(absl::string_view value) {
    Put(static_cast<uint32_t>(value.size()));
    bytes_.append(value.data(), value.size());
    return *this;
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Takes fields off in the same order. After a field that is not whole everything reads as zero and
// ok() is false.
class Decoder {
 public:
  Decoder(absl::string_view bytes, uint8_t format) : rest_(bytes) {
    ok_ = Get<uint8_t>() == format && ok_;
  }

  template <std::unsigned_integral T>
  T Get() {
    if (!Need(sizeof(T))) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(rest_[i])) << (8 * i);
    }
    rest_.remove_prefix(sizeof(T));
    return static_cast<T>(value);
  }
  // Only 0 and 1 are written: anything else is no record of ours.
  bool GetBool() {
    const auto value = Get<uint8_t>();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  absl::Time GetTime() {
    const auto nanos = static_cast<int64_t>(Get<uint64_t>());
    if (nanos == INT64_MIN) return absl::InfinitePast();
    if (nanos == INT64_MAX) return absl::InfiniteFuture();
    return absl::FromUnixNanos(nanos);
  }
  std::string GetString() {
    const auto length = Get<uint32_t>();
    if (!Need(length)) return {};
    std::string value(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return value;
  }
  // All fields were whole, and nothing is left over.
  bool Done() const { return ok_ && rest_.empty(); }
  bool ok() const { return ok_; }

 private:
  bool Need(size_t bytes) {
    if (rest_.size() < bytes) ok_ = false;
    return ok_;
  }

  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace larder::index

#endif  // LARDER_INDEX_CODEC_H_

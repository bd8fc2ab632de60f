// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <isa-l/crc.h>

namespace larder {

uint32_t Crc32c(std::span<const char> bytes, uint32_t before) {
  // ISA-L takes an int length and a non-const pointer, and neither inverts before nor after.
  constexpr size_t kStep = size_t{1} << 30;
  uint32_t crc = ~before;
  while (!bytes.empty()) {
    const size_t step = bytes.size() < kStep ? bytes.size() : kStep;
    auto* from = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
    crc = crc32_iscsi(from, static_cast<int>(step), crc);
    bytes = bytes.subspan(step);
  }
  return ~crc;
}

}  // namespace larder

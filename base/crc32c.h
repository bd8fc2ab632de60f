// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_CRC32C_H_
#define LARDER_BASE_CRC32C_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace larder {

// CRC32C (Castagnoli, RFC 3720 B.4) of `bytes`, by ISA-L. Extending: pass what the bytes before
// gave.
uint32_t Crc32c(std::span<const char> bytes, uint32_t before = 0);

}  // namespace larder

#endif  // LARDER_BASE_CRC32C_H_

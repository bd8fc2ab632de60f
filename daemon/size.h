// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_SIZE_H_
#define LARDER_DAEMON_SIZE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace larder {

// An amount of bytes as a user gives it: absolute, or a share of the disk.
struct Size {
  uint64_t bytes = 0;
  double percent = 0;  // not 0: of the disk; `bytes` is unused then

  uint64_t Of(uint64_t disk_bytes) const {
    return percent == 0 ? bytes : static_cast<uint64_t>(percent / 100 * disk_bytes);
  }
};

// "100GiB", "1.5T" (K, M, G, T, P alone are powers of 1024, with B powers of 1000), "50%" (over 0,
// at most 100), "4096" (bytes). InvalidArgument says what would be right; the caller adds which
// option it was.
absl::StatusOr<Size> ParseSize(absl::string_view text);

// For people: "512 B", "1.5 KiB", "12 GiB": three digits or so.
std::string FormatBytes(uint64_t bytes);

}  // namespace larder

#endif  // LARDER_DAEMON_SIZE_H_

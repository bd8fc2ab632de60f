// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "remote/brace_pattern.h"
#include "remote/posix_names.h"

// Whatever is accepted as a pattern makes POSIX names, and knows them again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto pattern = larder::remote::BracePattern::Parse(
      absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!pattern.ok()) return 0;
  for (uint64_t i = 0; i < std::min<uint64_t>(pattern->count(), 100); ++i) {
    const std::string name = pattern->Name(i);
    if (!larder::remote::IsPosixName(name) || !pattern->Contains(name)) std::abort();
  }
  return 0;
}

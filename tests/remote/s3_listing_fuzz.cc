// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// No body makes the parsers crash, or shows a name that a folder can't hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "remote/posix_names.h"
#include "remote/s3_error.h"
#include "remote/s3_listing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const absl::string_view body(reinterpret_cast<const char*>(bytes), size);
  const auto listing = larder::remote::ParseS3Listing(body, "p/", "");
  if (listing.ok()) {
    for (const auto& entry : listing->page.entries) {
      if (!larder::remote::IsPosixName(entry.name)) std::abort();
    }
  }
  const auto error = larder::remote::ParseS3Error(body);
  if (error.message.size() > larder::remote::kMaxErrorText) std::abort();
  return 0;
}

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_HEADERS_H_
#define LARDER_REMOTE_HTTP_HEADERS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/byte_range.h"

// Values of HTTP headers. Pure.

namespace larder::remote {

// "bytes 0-499/1234"; `total` is unset for "bytes 0-499/*".
struct ContentRange {
  ByteRange bytes;
  std::optional<uint64_t> total;
};

// nullopt for what is no such value, or no sane one (last before first, past the total).
std::optional<ContentRange> ParseContentRange(absl::string_view value);

// An ETag as it is if it is strong ("..." in quotes, printable), else empty.
std::string StrongEtag(absl::string_view value);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_HEADERS_H_

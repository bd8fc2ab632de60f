// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_headers.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace larder::remote {
namespace {

// Longer tags are not kept: they are stored with every object.
constexpr size_t kMaxEtagBytes = 256;

// Digits only: SimpleAtoi alone takes signs and blanks too.
bool ParseNumber(absl::string_view text, uint64_t* value) {
  return !text.empty() && absl::ascii_isdigit(text[0]) && absl::SimpleAtoi(text, value);
}

}  // namespace

std::optional<ContentRange> ParseContentRange(absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  if (!absl::ConsumePrefix(&value, "bytes ")) return std::nullopt;
  const size_t dash = value.find('-');
  const size_t slash = value.find('/');
  if (dash == absl::string_view::npos || slash == absl::string_view::npos || dash > slash) {
    return std::nullopt;
  }
  uint64_t first;
  uint64_t last;
  if (!ParseNumber(value.substr(0, dash), &first) ||
      !ParseNumber(value.substr(dash + 1, slash - dash - 1), &last) || last < first ||
      last == UINT64_MAX) {
    return std::nullopt;
  }
  ContentRange range{ByteRange::FromTo(first, last + 1), std::nullopt};
  if (const absl::string_view total = value.substr(slash + 1); total != "*") {
    uint64_t size;
    if (!ParseNumber(total, &size) || last >= size) return std::nullopt;
    range.total = size;
  }
  return range;
}

std::string StrongEtag(absl::string_view value) {
  if (value.size() < 2 || value.size() > kMaxEtagBytes || value.front() != '"' ||
      value.back() != '"') {
    return "";
  }
  // What is sent back in If-Match must not break out of its line.
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  return printable ? std::string(value) : "";
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Values of headers as any server may send them, one a line: what is believed makes sense.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "remote/header_file.h"
#include "remote/http_date.h"
#include "remote/http_headers.h"
#include "remote/range_read.h"
#include "remote/retry.h"

namespace larder::remote {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

bool IsOneLine(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c != '\n' && c != '\r' && c != '\0'; });
}

void CheckValue(absl::string_view value) {
  if (const auto range = ParseContentRange(value); range) {
    Require(!range->bytes.empty() && range->bytes.end() > range->bytes.offset);
    Require(!range->total || *range->total >= range->bytes.end());
  }
  const std::string etag = StrongEtag(value);
  Require(etag.empty() || (etag == value && IsOneLine(etag)));
  if (const auto date = ParseHttpDate(value); date) {
    Require(absl::FromUnixNanos(absl::ToUnixNanos(*date)) == *date);  // as the index keeps it
  }
  const auto after = ParseRetryAfter(value, absl::FromUnixSeconds(1'700'000'000));
  Require(!after || *after >= absl::ZeroDuration());
}

void CheckHead(const std::vector<absl::string_view>& values) {
  static constexpr const char* kNames[] = {"content-range", "content-length", "etag",
                                           "last-modified"};
  for (const int status : {200, 206}) {
    HttpHead head{status, {}, "http://host/file"};
    for (size_t i = 0; i < std::min(values.size(), std::size(kNames)); ++i) {
      head.headers.emplace_back(kNames[i], values[i]);
    }
    const auto version = VersionOfHead(head);
    if (version.ok()) Require(version->Matches(*version));
  }
}

}  // namespace
}  // namespace larder::remote

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<absl::string_view> values = absl::StrSplit(text, '\n');
  for (const absl::string_view value : values) larder::remote::CheckValue(value);
  larder::remote::CheckHead(values);
  if (const auto lines = larder::remote::ParseHeaderLines(text); lines.ok()) {
    for (const std::string& line : *lines) {
      larder::remote::Require(larder::remote::IsOneLine(line) &&
                              line.find(':') != std::string::npos);
    }
  }
  return 0;
}

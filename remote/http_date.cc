// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_date.h"

#include <string>

namespace larder::remote {
namespace {

// Also false for what absl::ParseTime takes beside its format: "infinite-past".
bool FitsNanoseconds(absl::Time time) {
  const absl::Time finite = absl::FromUnixSeconds(absl::ToUnixSeconds(time));
  return absl::FromUnixNanos(absl::ToUnixNanos(finite)) == finite;
}

std::optional<absl::Time> Parse(const char* format, absl::string_view text) {
  absl::Time time;
  if (text.size() > 64 ||
      !absl::ParseTime(format, std::string(text), absl::UTCTimeZone(), &time, nullptr) ||
      !FitsNanoseconds(time)) {
    return std::nullopt;
  }
  return time;
}

}  // namespace

std::optional<absl::Time> ParseHttpDate(absl::string_view text) {
  for (const char* format :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    if (const auto time = Parse(format, text); time) return time;
  }
  return std::nullopt;
}

std::optional<absl::Time> ParseIsoDate(absl::string_view text) {
  return Parse(absl::RFC3339_full, text);
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_date.h"

#include <string>

namespace larder::remote {

std::optional<absl::Time> ParseHttpDate(absl::string_view text) {
  if (text.size() > 64) return std::nullopt;
  const std::string date(text);
  for (const char* format :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    absl::Time time;
    if (absl::ParseTime(format, date, absl::UTCTimeZone(), &time, nullptr)) return time;
  }
  return std::nullopt;
}

}  // namespace larder::remote

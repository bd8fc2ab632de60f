// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/duration.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace larder {

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  if (text == "infinite") return absl::InfiniteDuration();
  const struct {
    absl::string_view name;
    absl::Duration length;
  } units[] = {{"ms", absl::Milliseconds(1)},
               {"s", absl::Seconds(1)},
               {"m", absl::Minutes(1)},
               {"h", absl::Hours(1)},
               {"d", absl::Hours(24)}};
  const size_t digits = text.find_first_not_of("0123456789.");
  double value = 0;
  if (digits != absl::string_view::npos && absl::SimpleAtod(text.substr(0, digits), &value)) {
    for (const auto& unit : units) {
      if (text.substr(digits) == unit.name) return value * unit.length;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no duration; write 30s, 5m, 2h, 7d or infinite"));
}

std::string FormatSeconds(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "-";
  const int64_t seconds = absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
  return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace larder

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/size.h"

#include <cmath>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace larder {
namespace {

constexpr absl::string_view kPrefixes = "kmgtp";

absl::Status BadSize(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no size; write 100GiB, 50% or a number of bytes"));
}

// Of "", "b", "kib", "k", "kb", ...
std::optional<double> Multiplier(absl::string_view unit) {
  if (unit.empty() || unit == "b") return 1;
  const size_t power = kPrefixes.find(unit.front());
  if (power == absl::string_view::npos) return std::nullopt;
  const absl::string_view rest = unit.substr(1);
  if (rest.empty() || rest == "ib") return std::pow(1024, power + 1);
  if (rest == "b") return std::pow(1000, power + 1);
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Size> ParseSize(absl::string_view text) {
  const size_t digits = text.find_first_not_of("0123456789.");
  const absl::string_view number = text.substr(0, digits);
  const std::string unit = absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(digits == absl::string_view::npos ? "" : text.substr(digits)));
  Size size;
  double value = 0;
  if (number.empty() || !absl::SimpleAtod(number, &value)) return BadSize(text);
  if (unit == "%") {
    if (value <= 0 || value > 100) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\" is no share of a disk; write 1% to 100%"));
    }
    size.percent = value;
    return size;
  }
  if (unit.empty() && absl::SimpleAtoi(number, &size.bytes)) return size;
  const std::optional<double> multiplier = Multiplier(unit);
  if (!multiplier) return BadSize(text);
  const double bytes = value * *multiplier;
  // 8 EiB: what off_t can say.
  if (!(bytes < 9.2e18)) return BadSize(text);
  size.bytes = static_cast<uint64_t>(bytes);
  return size;
}

std::string FormatBytes(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes);
  size_t power = 0;
  while (value >= 1023.95 && power < kPrefixes.size()) {
    value /= 1024;
    ++power;
  }
  return absl::StrFormat("%.*f %ciB", value < 99.95 ? 1 : 0, value,
                         absl::ascii_toupper(kPrefixes[power - 1]));
}

}  // namespace larder

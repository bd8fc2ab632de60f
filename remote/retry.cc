// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/retry.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "remote/http_date.h"

namespace larder::remote {

bool IsRetryableHttpStatus(int status) {
  if (status == 408 || status == 425 || status == 429) return true;
  return status >= 500 && status <= 599 && status != 501 && status != 505;
}

absl::Duration Backoff(int failures, double random) {
  // 2^10 * kFirstBackoff is past kMaxBackoff: no larger shift is needed.
  const int doublings = std::clamp(failures - 1, 0, 10);
  return std::min(kFirstBackoff * (1 << doublings), kMaxBackoff) * random;
}

std::optional<absl::Duration> ParseRetryAfter(absl::string_view value, absl::Time now) {
  value = absl::StripAsciiWhitespace(value);
  if (value.empty()) return std::nullopt;
  if (std::all_of(value.begin(), value.end(), [](char c) { return absl::ascii_isdigit(c); })) {
    int64_t seconds;
    // Digits that overflow mean "very long".
    return absl::SimpleAtoi(value, &seconds) ? absl::Seconds(seconds) : absl::InfiniteDuration();
  }
  const std::optional<absl::Time> date = ParseHttpDate(value);
  if (!date.has_value()) return std::nullopt;
  return std::max(*date - now, absl::ZeroDuration());
}

std::optional<absl::Duration> NextTryDelay(int failures, double random,
                                           std::optional<absl::Duration> retry_after,
                                           absl::Duration left) {
  if (left < kMinTry) return std::nullopt;
  absl::Duration delay = Backoff(failures, random);
  if (retry_after.has_value()) {
    // The jitter on top keeps those apart that were told the same time.
    delay += *retry_after;
    if (delay > left - kMinTry) delay = *retry_after <= left - kMinTry ? *retry_after : left * 0.75;
  }
  if (delay > left - kMinTry) return std::nullopt;
  return delay;
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_RETRY_H_
#define LARDER_REMOTE_RETRY_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// When to try again. Pure: clock and randomness are parameters.

namespace larder::remote {

// Before the second try at most kFirstBackoff, then twice as long each time, at most kMaxBackoff.
// "Full jitter": the time is uniform between 0 and that (Brooker, "Exponential Backoff And Jitter",
// 2015), so that clients that failed together do not come back together.
inline constexpr absl::Duration kFirstBackoff = absl::Milliseconds(100);
inline constexpr absl::Duration kMaxBackoff = absl::Seconds(5);
// With less time left than this another try is not worth it.
inline constexpr absl::Duration kMinTry = absl::Milliseconds(50);

// Whether an answer with this HTTP status may be another one soon: 408, 425, 429, and 5xx but 501
// and 505.
bool IsRetryableHttpStatus(int status);

// `failures`: tries that failed in a row, at least 1. `random`: in [0, 1).
absl::Duration Backoff(int failures, double random);

// The value of a Retry-After header, seconds or an HTTP date; never negative. nullopt: empty or
// neither.
std::optional<absl::Duration> ParseRetryAfter(absl::string_view value, absl::Time now);

// How long to wait before the next try with `left` until the deadline; nullopt: there is no time
// for one. Retry-After is a floor, but when it points past the deadline one late try is made all
// the same: at three quarters of what is left.
std::optional<absl::Duration> NextTryDelay(int failures, double random,
                                           std::optional<absl::Duration> retry_after,
                                           absl::Duration left);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_RETRY_H_

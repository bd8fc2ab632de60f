// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/retry.h"

#include <gtest/gtest.h>

#include "remote/http_date.h"

namespace larder::remote {
namespace {

TEST(RetryTest, StatusesThatMayPassAreRetried) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 599})
    EXPECT_TRUE(IsRetryableHttpStatus(status)) << status;
  for (const int status : {200, 206, 301, 400, 401, 403, 404, 410, 412, 416, 501, 505}) {
    EXPECT_FALSE(IsRetryableHttpStatus(status)) << status;
  }
}

TEST(RetryTest, BackoffDoublesUpToItsLimitWithFullJitter) {
  EXPECT_EQ(Backoff(1, 0.0), absl::ZeroDuration());
  EXPECT_EQ(Backoff(1, 0.5), kFirstBackoff * 0.5);
  EXPECT_EQ(Backoff(2, 0.5), kFirstBackoff);
  EXPECT_EQ(Backoff(4, 0.5), kFirstBackoff * 4);
  EXPECT_EQ(Backoff(10, 0.5), kMaxBackoff * 0.5);
  EXPECT_EQ(Backoff(1'000'000'000, 0.5), kMaxBackoff * 0.5);
}

TEST(RetryTest, RetryAfterIsSecondsOrADate) {
  const absl::Time now = absl::FromUnixSeconds(784'111'777);  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(ParseRetryAfter("120", now), absl::Seconds(120));
  EXPECT_EQ(ParseRetryAfter(" 0 ", now), absl::ZeroDuration());
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:50:07 GMT", now), absl::Seconds(30));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:00:00 GMT", now), absl::ZeroDuration());
  EXPECT_EQ(ParseRetryAfter("99999999999999999999999", now), absl::InfiniteDuration());
  for (const char* none : {"", "soon", "-5", "1.5", "+3"})
    EXPECT_EQ(ParseRetryAfter(none, now), std::nullopt) << none;
}

TEST(RetryTest, NextTryKeepsWithinTheDeadline) {
  struct Case {
    int failures;
    double random;
    std::optional<absl::Duration> retry_after;
    absl::Duration left;
    std::optional<absl::Duration> want;
  };
  const Case cases[] = {
      {1, 0.5, std::nullopt, absl::Seconds(60), absl::Milliseconds(50)},
      {1, 0.5, std::nullopt, absl::ZeroDuration(), std::nullopt},
      {1, 0.5, std::nullopt, -absl::Seconds(1), std::nullopt},
      {10, 0.9, std::nullopt, absl::Seconds(2), std::nullopt},
      // The server's word, and the jitter on top.
      {1, 0.5, absl::Seconds(2), absl::Seconds(60), absl::Milliseconds(2050)},
      // No room for the jitter.
      {5, 1.0, absl::Seconds(2), absl::Milliseconds(2100), absl::Seconds(2)},
      // Beyond the deadline: one late try.
      {1, 0.5, absl::Hours(1), absl::Seconds(60), absl::Seconds(45)},
      {1, 0.5, absl::InfiniteDuration(), absl::Seconds(4), absl::Seconds(3)},
      {1, 0.5, absl::Hours(1), absl::Milliseconds(40), std::nullopt},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(NextTryDelay(c.failures, c.random, c.retry_after, c.left), c.want)
        << c.failures << " failures, " << c.left << " left";
  }
}

TEST(HttpDateTest, ThreeFormsAreRead) {
  const absl::Time time = absl::FromUnixSeconds(784'111'777);
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), time);
  EXPECT_EQ(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT"), time);
  EXPECT_EQ(ParseHttpDate("Sun Nov  6 08:49:37 1994"), time);
  for (const char* bad :
       {"", "yesterday", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT and more"}) {
    EXPECT_EQ(ParseHttpDate(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace larder::remote

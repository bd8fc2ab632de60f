// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_headers.h"

#include <gtest/gtest.h>

#include "remote/header_file.h"
#include "remote/http_date.h"
#include "remote/object_store.h"
#include "remote/range_read.h"

namespace larder::remote {
namespace {

TEST(ContentRangeTest, IsRead) {
  const auto range = ParseContentRange("bytes 10-19/100");
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->bytes, (ByteRange{10, 10}));
  EXPECT_EQ(range->total, 100u);
  EXPECT_EQ(ParseContentRange(" bytes 0-0/* ")->total, std::nullopt);
}

TEST(ContentRangeTest, NonsenseIsNotBelieved) {
  for (const char* bad :
       {"", "bytes", "bytes */100", "bytes 5-4/100", "bytes 0-100/100", "bytes 0-9", "items 0-9/10",
        "bytes -1-9/10", "bytes 0-9/+10", "bytes 0-9/x", "bytes 0-/10", "bytes 0/9-10",
        "bytes 0-18446744073709551615/*", "bytes 99999999999999999999-1/2"}) {
    EXPECT_FALSE(ParseContentRange(bad).has_value()) << bad;
  }
}

TEST(DateTest, WhatTheIndexCouldNotKeepIsUnknown) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), absl::FromUnixSeconds(784'111'777));
  EXPECT_EQ(ParseIsoDate("1994-11-06T08:49:37.000Z"), absl::FromUnixSeconds(784'111'777));
  for (const char* bad : {"", "infinite-past", "infinite-future", "yesterday"}) {
    EXPECT_FALSE(ParseHttpDate(bad).has_value()) << bad;
    EXPECT_FALSE(ParseIsoDate(bad).has_value()) << bad;
  }
  EXPECT_FALSE(ParseHttpDate("Fri, 31 Dec 9999 23:59:59 GMT").has_value());
  EXPECT_FALSE(ParseIsoDate("0001-01-01T00:00:00Z").has_value());
}

TEST(EtagTest, OnlyStrongOnesCount) {
  EXPECT_EQ(StrongEtag("\"abc\""), "\"abc\"");
  for (const char* none : {"", "W/\"abc\"", "abc", "\"", "\"a\nb\"", "\"a\x7f\""})
    EXPECT_EQ(StrongEtag(none), "") << none;
  EXPECT_EQ(StrongEtag("\"" + std::string(1000, 'x') + "\""), "");
}

TEST(ObjectVersionTest, MatchesUnlessSomethingKnownDiffers) {
  const absl::Time time = absl::FromUnixSeconds(1000);
  const ObjectVersion full{10, time, "\"a\""};
  EXPECT_TRUE(full.Matches(full));
  EXPECT_FALSE(full.Matches({11, time, "\"a\""}));
  EXPECT_FALSE(full.Matches({10, time, "\"b\""}));
  // Servers behind one name may differ in times, not in tags.
  EXPECT_TRUE(full.Matches({10, time + absl::Seconds(5), "\"a\""}));
  EXPECT_TRUE(full.Matches({10, time, ""}));
  EXPECT_FALSE(full.Matches({10, time + absl::Seconds(1), ""}));
  EXPECT_TRUE(full.Matches({10, absl::InfinitePast(), ""}));
}

TEST(VersionOfHeadTest, TakesTheTotalAndStrongTags) {
  HttpHead head{206,
                {{"content-length", "5"},
                 {"content-range", "bytes 0-4/500"},
                 {"etag", "W/\"weak\""},
                 {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}},
                "http://h/x"};
  const auto part = VersionOfHead(head);
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(*part, (ObjectVersion{500, absl::FromUnixSeconds(784'111'777), ""}));
  head.status = 200;
  EXPECT_EQ(VersionOfHead(head)->size, 5u);
  head.headers = {{"etag", "\"x\""}};
  EXPECT_TRUE(absl::IsDataLoss(VersionOfHead(head).status()));
}

TEST(HeaderFileTest, LinesAreRead) {
  const auto headers =
      ParseHeaderLines("# a comment\n\nAuthorization: Bearer abc\r\nX-Two:   b c \n");
  ASSERT_TRUE(headers.ok()) << headers.status();
  EXPECT_EQ(*headers, (std::vector<std::string>{"Authorization: Bearer abc", "X-Two: b c"}));
}

TEST(HeaderFileTest, WrongLinesAreNamedByNumberOnly) {
  for (const char* bad :
       {"ok: 1\nsecret-without-colon", "ok: 1\n: secret", "ok: 1\nbad name: secret",
        "ok: 1\nx: secret\x01", "ok: 1\nHost: secret", "ok: 1\nRange: secret",
        "ok: 1\nIf-Match: secret", "ok: 1\nAccept-Encoding: secret",
        "ok: 1\nContent-Length: secret", "ok: 1\nempty:"}) {
    const auto headers = ParseHeaderLines(bad);
    ASSERT_TRUE(absl::IsInvalidArgument(headers.status())) << bad;
    EXPECT_NE(headers.status().message().find("line 2"), absl::string_view::npos)
        << headers.status();
    EXPECT_EQ(headers.status().message().find("secret"), absl::string_view::npos)
        << headers.status();
  }
}

}  // namespace
}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/duration.h"
#include "daemon/size.h"

namespace larder {
namespace {

using ::testing::HasSubstr;

TEST(SizeTest, WhatUsersWrite) {
  const struct {
    const char* text;
    uint64_t bytes;
  } cases[] = {{"0", 0},
               {"4096", 4096},
               {"18446744073709551615", 18446744073709551615u},
               {"1KiB", 1024},
               {"1k", 1024},
               {"1kB", 1000},
               {"100GiB", 100ull << 30},
               {"100 GiB", 100ull << 30},
               {"1.5T", 3ull << 39},
               {"2TB", 2'000'000'000'000},
               {"1PiB", 1ull << 50},
               {"7B", 7},
               {"0.5MiB", 512 << 10}};
  for (const auto& c : cases) {
    const absl::StatusOr<Size> size = ParseSize(c.text);
    ASSERT_TRUE(size.ok()) << c.text << ": " << size.status();
    EXPECT_EQ(size->percent, 0) << c.text;
    EXPECT_EQ(size->Of(1), c.bytes) << c.text;
  }
  EXPECT_EQ(ParseSize("50%")->Of(1000), 500);
  EXPECT_EQ(ParseSize("12.5 %")->Of(1000), 125);
  EXPECT_EQ(ParseSize("100%")->Of(1000), 1000);
}

TEST(SizeTest, WhatIsNoSizeIsRefused) {
  for (const char* text : {"", "GiB", "ten", "-1", "1Q", "1GiBs", "1..5G", "1e9", "0x10", " 1", "%",
                           "99999999999TiB", "1G iB"}) {
    const absl::StatusOr<Size> size = ParseSize(text);
    EXPECT_TRUE(absl::IsInvalidArgument(size.status())) << text;
    EXPECT_THAT(std::string(size.status().message()), HasSubstr("100GiB, 50%")) << text;
  }
  for (const char* text : {"0%", "101%", "1000%"}) {
    EXPECT_THAT(std::string(ParseSize(text).status().message()), HasSubstr("1% to 100%")) << text;
  }
}

TEST(SizeTest, ForPeople) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(FormatBytes(150 << 20), "150 MiB");
  EXPECT_EQ(FormatBytes((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(FormatBytes(3ull << 50), "3.0 PiB");
  EXPECT_EQ(FormatBytes(~0ull), "16384 PiB");
}

TEST(DurationTest, WhatUsersWrite) {
  EXPECT_EQ(*ParseDuration("30s"), absl::Seconds(30));
  EXPECT_EQ(*ParseDuration("5m"), absl::Minutes(5));
  EXPECT_EQ(*ParseDuration("1.5h"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseDuration("7d"), absl::Hours(168));
  EXPECT_EQ(*ParseDuration("0s"), absl::ZeroDuration());
  EXPECT_EQ(*ParseDuration("infinite"), absl::InfiniteDuration());
}

TEST(DurationTest, WhatIsNoDurationIsRefused) {
  for (const char* text : {"", "30", "s", "-5s", "5 s", "1m30s", "forever", "5S", "1e3s"}) {
    const auto duration = ParseDuration(text);
    EXPECT_TRUE(absl::IsInvalidArgument(duration.status())) << text;
    EXPECT_THAT(std::string(duration.status().message()), HasSubstr("write 30s")) << text;
  }
}

TEST(DurationTest, ForPeople) {
  EXPECT_EQ(FormatSeconds(absl::Milliseconds(400)), "0 s");
  EXPECT_EQ(FormatSeconds(absl::Seconds(59)), "59 s");
  EXPECT_EQ(FormatSeconds(absl::Seconds(200)), "3:20");
  EXPECT_EQ(FormatSeconds(absl::Seconds(3723)), "1:02:03");
  EXPECT_EQ(FormatSeconds(absl::InfiniteDuration()), "-");
}

}  // namespace
}  // namespace larder

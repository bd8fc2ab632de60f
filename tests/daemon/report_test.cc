// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/progress_line.h"
#include "daemon/status_report.h"

namespace larder {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class StatusReportTest : public ::testing::Test {
 protected:
  StatusReportTest() {
    cache_.capacity_bytes = 100 << 20;
    cache_.used_bytes = 30 << 20;
    counters_.hit_bytes.Add(3 << 20);
    counters_.miss_bytes.Add(1 << 20);
    counters_.stall_micros.Add(2'500'000);
    counters_.opens.Add(1234);
    dataset_.source = "s3://bucket";
    dataset_.mountpoint = "/mnt/\xff";
    dataset_.totals = {2000, 60 << 20};
    dataset_.cached_bytes = 15 << 20;
    dataset_.counters = &counters_;
    dataset_.passthrough = "off: needs CAP_SYS_ADMIN";
  }
  cache::CacheStatus cache_;
  DatasetCounters counters_;
  DatasetStatus dataset_;
};

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST_F(StatusReportTest, KeysAreStable) {
  const Json json = StatusJson("/cache", cache_, {dataset_});
  EXPECT_EQ(Keys(json), (std::vector<std::string>{"version", "pid", "cache", "datasets"}));
  EXPECT_EQ(Keys(json["cache"]),
            (std::vector<std::string>{"dir", "capacity_bytes", "used_bytes", "index_bytes",
                                      "written_bytes", "evicted_bytes", "corrupt_blocks"}));
  ASSERT_EQ(json["datasets"].size(), 1);
  EXPECT_EQ(Keys(json["datasets"][0]),
            (std::vector<std::string>{"source", "mountpoint", "state", "objects", "size_bytes",
                                      "cached_bytes", "remote_requests", "remote_errors",
                                      "remote_bytes", "read_bytes", "hit_bytes", "miss_bytes",
                                      "stall_seconds", "readahead_bytes", "readahead_used_bytes",
                                      "opens", "passthrough_opens", "passthrough"}));
  EXPECT_EQ(json["datasets"][0]["hit_bytes"], 3 << 20);
  EXPECT_EQ(json["datasets"][0]["stall_seconds"], 2.5);
  EXPECT_EQ(json["datasets"][0]["state"], "online");
  // Names that are no UTF-8 do not break it.
  EXPECT_THAT(ToLine(json), HasSubstr("/mnt/\xef\xbf\xbd"));
}

TEST_F(StatusReportTest, PeopleSeeWhatMatters) {
  dataset_.state = fs::State::kOffline;
  const Json json = StatusJson("/cache", cache_, {dataset_});
  EXPECT_THAT(StatusText(json, ""),
              AllOf(HasSubstr("s3://bucket on /mnt/"), HasSubstr("(offline)"),
                    HasSubstr("30.0 MiB of 100 MiB used"), HasSubstr("15.0 MiB cached (25.0 %)"),
                    HasSubstr("75.0 % hits"), HasSubstr("2.5 s stalled"), HasSubstr("1,234"),
                    HasSubstr("off: needs CAP_SYS_ADMIN"), Not(HasSubstr("not filling"))));
  EXPECT_THAT(StatusText(json, "No space left on device"),
              AllOf(HasSubstr("not filling"), HasSubstr("No space left on device")));
}

TEST_F(StatusReportTest, AnswersOfOtherReleasesAreShownAsFarAsTheyGo) {
  EXPECT_THAT(StatusText(Json::object(), ""), HasSubstr("larder"));
  EXPECT_THAT(StatusText({{"cache", 7}, {"datasets", {{{"source", 7}}, 3}}}, ""),
              HasSubstr("larder"));
}

TEST(ProgressLineTest, ShowsRateAndTimeLeft) {
  const absl::Time start = absl::UnixEpoch();
  ProgressLine line(start);
  WarmProgress progress;
  progress.total_bytes = 100 << 20;
  progress.total_files = 10;
  progress.done_bytes = 20 << 20;
  progress.done_files = 2;
  EXPECT_EQ(line.Format(progress, start + absl::Seconds(2), 0),
            "20.0 MiB of 100 MiB so far, 2 of 10 files, 10.0 MiB/s");
  progress.counted = true;
  progress.done_bytes = 40 << 20;
  progress.failed_files = 1;
  EXPECT_EQ(line.Format(progress, start + absl::Seconds(4), 0),
            "40.0 MiB of 100 MiB, 2 of 10 files, 10.0 MiB/s, 6 s left, 1 failed");
}

TEST(ProgressLineTest, TheRateIsOfTheLastSeconds) {
  absl::Time now = absl::UnixEpoch();
  ProgressLine line(now);
  WarmProgress progress;
  progress.counted = true;
  progress.total_bytes = 1 << 30;
  std::string text;
  for (int i = 0; i < 100; ++i) {
    now += absl::Seconds(1);
    progress.done_bytes += i < 50 ? 10 << 20 : 1 << 20;
    text = line.Format(progress, now, 0);
  }
  EXPECT_THAT(text, HasSubstr(", 1.0 MiB/s"));
}

TEST(ProgressLineTest, FitsTheTerminal) {
  ProgressLine line(absl::UnixEpoch());
  WarmProgress progress;
  progress.total_bytes = 100;
  progress.done_bytes = 50;
  for (int columns : {1, 20, 79, 80, 120, 300}) {
    const std::string text = line.Format(progress, absl::UnixEpoch() + absl::Seconds(1), columns);
    EXPECT_LE(text.size(), static_cast<size_t>(std::max(columns - 1, 1))) << columns;
  }
  EXPECT_THAT(line.Format(progress, absl::UnixEpoch() + absl::Seconds(2), 120),
              HasSubstr("[####################....................]"));
}

}  // namespace
}  // namespace larder

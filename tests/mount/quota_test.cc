// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// The cache folder as `du` sees it, while it is filled.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/mount/mount_fixture.h"
#include "tests/testing/disk_usage.h"
#include "tests/testing/rounds.h"

namespace larder::testing {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr absl::Duration kHeldUp = absl::Milliseconds(5);

class QuotaTest : public MountTest, public ::testing::WithParamInterface<uint64_t> {
 protected:
  // Three times the quota, half of it in small files, and more names than the index has a reserve
  // for.
  void MakeTree(uint64_t quota_bytes) {
    std::mt19937 random(1);
    uint64_t small_bytes = 0;
    for (int i = 0; small_bytes < quota_bytes * 3 / 2; ++i) {
      const size_t size = 1000 + random() % 200'000;
      const std::string path = absl::StrCat("small/", i % 10, "/", i);
      WriteRemote(path, Pattern(size, i));
      files_.push_back(path);
      small_bytes += size;
    }
    for (uint64_t i = 0; i * 8 * kMiB < quota_bytes * 3 / 2; ++i) {
      const std::string path = absl::StrCat("large/", i);
      WriteRemote(path, Pattern(8 * kMiB - i * 1000, i));
      files_.push_back(path);
    }
    for (int i = 0; i < 20'000; ++i) {
      WriteRemote(absl::StrCat("names/a rather long name, as they are found in datasets ", i), "");
    }
  }

  std::vector<std::string> files_;
};

TEST_P(QuotaTest, DuStaysWithinWhile16ReadersFill) {
  const uint64_t quota_bytes = GetParam();
  MakeTree(quota_bytes);
  Mount({"--cache-size", absl::StrCat(quota_bytes)});

  std::atomic<bool> done{false};
  std::atomic<uint64_t> most{0};
  std::atomic<int> looks{0};
  std::thread watcher([&] {
    // A look takes some 200 us, and is no instant: where it is held up, what is evicted from files
    // that it has counted comes back in files that it has not. So a look counts that was quick, and
    // what the next one says, too.
    uint64_t before = 0;
    while (!done) {
      const absl::Time began = absl::Now();
      const uint64_t usage = DiskUsage(cache_);
      if (absl::Now() - began > kHeldUp) continue;
      most = std::max<uint64_t>(most, std::min(before, usage));
      before = usage;
      ++looks;
    }
  });
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 16; ++reader) {
    readers.emplace_back([&, reader] {
      std::mt19937 random(reader);
      std::vector<std::string> order = files_;
      std::shuffle(order.begin(), order.end(), random);
      for (size_t i = 0; i < order.size() / 4; ++i) {
        if (ReadAll(Path(order[i])) != ReadAll(RemotePath(order[i]))) ++wrong;
      }
      if (reader == 0) ListAll(Path("names"));
    });
  }
  for (std::thread& reader : readers) reader.join();
  absl::SleepFor(absl::Seconds(2));  // the index's own work behind
  done = true;
  watcher.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(most, quota_bytes) << "in " << looks << " looks";
  EXPECT_GT(most, quota_bytes * 3 / 4) << "the quota is hardly used";
  const nlohmann::json cache = Status()["cache"];
  EXPECT_LE(cache["used_bytes"].get<uint64_t>(), quota_bytes);
  RecordProperty("most_bytes", absl::StrCat(most.load()));
  RecordProperty("looks", looks.load());
}

std::vector<uint64_t> Quotas() {
  if (kSanitized && !LongTests()) return {32 * kMiB};
  if (!LongTests()) return {32 * kMiB, 100 * kMiB};
  return {32 * kMiB, 48 * kMiB, 100 * kMiB, 500 * kMiB};
}

INSTANTIATE_TEST_SUITE_P(Sizes, QuotaTest, ::testing::ValuesIn(Quotas()),
                         [](const auto& quota) { return absl::StrCat(quota.param / kMiB, "MiB"); });

}  // namespace
}  // namespace larder::testing

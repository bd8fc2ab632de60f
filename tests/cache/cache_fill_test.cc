// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Filling: the quota, a full cache, memory, warm-up, and what a restart makes of what was there.
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "base/file.h"
#include "gmock/gmock.h"
#include "tests/cache/cache_fixture.h"

namespace larder::cache {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class CacheFillTest : public CacheFixture {
 protected:
  // What du says of the cache folder.
  uint64_t DiskUsage() {
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             options_.folder, std::filesystem::directory_options::skip_permission_denied)) {
      struct stat st;
      if (::lstat(entry.path().c_str(), &st) == 0)
        bytes += static_cast<uint64_t>(st.st_blocks) * 512;
    }
    return bytes;
  }
};

TEST_F(CacheFillTest, AFullCacheStopsFillingAndReadsGoOn) {
  options_.capacity_bytes = 32 * kMiB;
  Open();
  for (int i = 0; i < 8; ++i) {
    const std::string name = "large" + std::to_string(i);
    const std::string bytes = PutObject(name, 8 * kMiB);
    auto object = OpenObject(name, bytes.size());
    for (uint64_t at = 0; at < bytes.size(); at += kMiB) {
      EXPECT_EQ(*Read(*object, {at, kMiB}), bytes.substr(at, kMiB));
    }
    EXPECT_LE(DiskUsage(), options_.capacity_bytes);
  }
  EXPECT_GE(cache_->GetStatus().used_bytes, 16 * kMiB);
  EXPECT_EQ(cache_->GetStatus().write_error, "");
}

TEST_F(CacheFillTest, ReadersOfPartsOfABlockThatDoesNotFitFetchItOnce) {
  options_.capacity_bytes = 32 * kMiB;
  Open();
  PutObject("filler", 40 * kMiB);
  (void)Warm(*OpenObject("filler", 40 * kMiB));
  const uint64_t before = store_.delivered_bytes();
  dataset_.readahead = false;
  const std::string bytes = PutObject("object", 8 * kMiB);
  auto object = OpenObject("object", 8 * kMiB);
  for (uint64_t at = 0; at < kMiB; at += 128 << 10) {
    EXPECT_EQ(*Read(*object, {at, 128 << 10}), bytes.substr(at, 128 << 10));
  }
  EXPECT_EQ(store_.delivered_bytes() - before, kMiB);
}

TEST_F(CacheFillTest, WarmSaysWhenItDoesNotFit) {
  options_.capacity_bytes = 32 * kMiB;
  Open();
  PutObject("large", 64 * kMiB);
  const absl::Status status = Warm(*OpenObject("large", 64 * kMiB));
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("--cache-size"));
}

TEST_F(CacheFillTest, WarmLoadsEverythingOnce) {
  PutObject("large", 33 * kMiB + 1);
  Open();
  auto object = OpenObject("large", 33 * kMiB + 1);
  EXPECT_TRUE(Warm(*object).ok());
  EXPECT_EQ(object->cached_bytes(), 33 * kMiB + 1);
  EXPECT_TRUE(Warm(*object).ok());
  EXPECT_EQ(store_.delivered_bytes(), 33 * kMiB + 1);
}

TEST_F(CacheFillTest, WarmOfWhatIsHereAlreadyIsDone) {
  PutObject("small", 5000);
  PutObject("large", 3 * kMiB);
  Open();
  EXPECT_TRUE(Warm(*OpenObject("small", 5000)).ok());
  EXPECT_TRUE(Warm(*OpenObject("large", 3 * kMiB)).ok());
  Reopen();
  EXPECT_TRUE(Warm(*OpenObject("small", 5000)).ok());
  EXPECT_TRUE(Warm(*OpenObject("large", 3 * kMiB)).ok());
  EXPECT_EQ(store_.requests().size(), 2u);
}

TEST_F(CacheFillTest, MoreThanTheMemoryInFlightOnlyWaits) {
  options_.memory_bytes = 16 * kMiB;
  Open();
  std::vector<std::future<void>> readers;
  for (int i = 0; i < 8; ++i) {
    readers.push_back(std::async(std::launch::async, [this, i] {
      const std::string name = "large" + std::to_string(i);
      const std::string bytes = PutObject(name, 24 * kMiB);
      auto object = OpenObject(name, bytes.size());
      for (uint64_t at = 0; at < bytes.size(); at += kMiB) {
        ASSERT_EQ(*Read(*object, {at, kMiB}), bytes.substr(at, kMiB));
      }
    }));
  }
  for (auto& reader : readers) reader.get();
}

TEST_F(CacheFillTest, TheSpaceOfEarlierRunsIsCounted) {
  Open();
  for (int i = 0; i < 100; ++i) {
    const std::string name = "small" + std::to_string(i);
    PutObject(name, 100000);
    ASSERT_TRUE(Warm(*OpenObject(name, 100000)).ok());
  }
  PutObject("large", 20 * kMiB);
  ASSERT_TRUE(Warm(*OpenObject("large", 20 * kMiB)).ok());
  const uint64_t cached = 100 * 100000 + 20 * kMiB;
  EXPECT_EQ(cache_->DatasetBytes(dataset_.id), cached);
  Reopen();
  // The recount runs in the background.
  while (cache_->DatasetBytes(dataset_.id) != cached) std::this_thread::yield();
}

TEST_F(CacheFillTest, BytesWithoutARecordAreRemovedAfterARestart) {
  Open();
  PutObject("small", 100000);
  ASSERT_TRUE(Warm(*OpenObject("small", 100000)).ok());
  Close();
  const std::string orphan = options_.folder + "/objects/00000000000000aa";
  ASSERT_TRUE(WriteFileAtomically(orphan, "left by a kill").ok());
  Open();
  while (std::filesystem::exists(orphan)) std::this_thread::yield();
  EXPECT_EQ(*Read(*OpenObject("small", 100000), {0, 100000}), Pattern("small", 100000));
  EXPECT_EQ(store_.requests().size(), 1u);
}

TEST_F(CacheFillTest, ObjectsOpenedAndClosedWhileTheyFillStayWhole) {
  const std::string bytes = PutObject("large", 12 * kMiB);
  Open();
  std::vector<std::future<void>> readers;
  for (int i = 0; i < 8; ++i) {
    readers.push_back(std::async(std::launch::async, [&, i] {
      for (int round = 0; round < 12; ++round) {
        auto object = OpenObject("large", bytes.size());
        const uint64_t at = static_cast<uint64_t>((i * 7 + round * 5) % 12) * kMiB;
        ASSERT_EQ(*Read(*object, {at, kMiB}), bytes.substr(at, kMiB));
      }
    }));
  }
  for (auto& reader : readers) reader.get();
  auto object = OpenObject("large", bytes.size());
  EXPECT_TRUE(Warm(*object).ok());
  EXPECT_EQ(*Read(*object, {0, bytes.size()}), bytes);
}

}  // namespace
}  // namespace larder::cache

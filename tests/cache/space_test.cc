// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/space.h"

#include "gtest/gtest.h"

namespace larder::cache {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class SpaceTest : public ::testing::Test {
 protected:
  Space Make(uint64_t capacity, uint64_t min_free) {
    SpaceOptions options;
    options.capacity_bytes = capacity;
    options.min_free_bytes = min_free;
    options.disk_free_bytes = [this]() -> absl::StatusOr<uint64_t> { return disk_free_; };
    return Space(std::move(options));
  }
  uint64_t disk_free_ = 1000 * kMiB;
};

TEST_F(SpaceTest, TheQuotaHoldsBackTheIndexReserve) {
  Space space = Make(32 * kMiB, 0);
  uint64_t got = 0;
  while (space.Reserve(kMiB)) got += kMiB;
  EXPECT_LE(got, 28 * kMiB);
  EXPECT_GE(got, 26 * kMiB);
}

TEST_F(SpaceTest, ALargeCatalogTakesFromTheQuota) {
  Space space = Make(100 * kMiB, 0);
  space.SetIndexBytes(60 * kMiB);
  EXPECT_FALSE(space.Reserve(37 * kMiB)) << "beside it its reserve, 4 MiB, is held back";
  EXPECT_TRUE(space.Reserve(35 * kMiB));
}

TEST_F(SpaceTest, SmallObjectsTakeWholeDiskBlocks) {
  Space space = Make(100 * kMiB, 0);
  ASSERT_TRUE(space.Reserve(1));
  EXPECT_EQ(space.used_bytes(), 4096u);
  space.ReturnReserved(1);
  EXPECT_EQ(space.used_bytes(), 0u);
}

TEST_F(SpaceTest, ReservedBytesCountAgainstTheDisksFreeSpaceUntilWritten) {
  Space space = Make(1000 * kMiB, 50 * kMiB);
  disk_free_ = 100 * kMiB;
  ASSERT_TRUE(space.Reserve(30 * kMiB));
  EXPECT_FALSE(space.Reserve(30 * kMiB)) << "both together would leave 40 MiB";
  space.Written(30 * kMiB);
  disk_free_ = 70 * kMiB;
  EXPECT_TRUE(space.Reserve(20 * kMiB));
}

TEST_F(SpaceTest, AStoppedDiskTakesNothingUntilItResumes) {
  Space space = Make(100 * kMiB, 0);
  space.Stop(absl::ResourceExhaustedError("No space left on device"));
  EXPECT_FALSE(space.Reserve(4096));
  EXPECT_EQ(space.stop_cause(), "No space left on device");
  space.Resume();
  EXPECT_TRUE(space.Reserve(4096));
}

}  // namespace
}  // namespace larder::cache

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Making room. What should go is tested in tests/readahead; here, that what goes is gone, that what
// must stay stays, and that the books are right.
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/byte_range.h"
#include "tests/cache/cache_fixture.h"

namespace larder::cache {
namespace {

constexpr uint64_t kSmall = 100'000;
constexpr uint64_t kLarge = (3 << 20) + 777;

class EvictionTest : public CacheFixture {
 protected:
  EvictionTest() {
    options_.capacity_bytes = 32 << 20;
    dataset_.readahead = false;
  }

  std::string Name(int i) { return absl::StrCat("object-", i); }

  // Reads it whole, so that all of it is cached if there is room.
  void ReadWhole(const std::string& path, uint64_t size) {
    const auto object = OpenObject(path, size);
    ASSERT_NE(object, nullptr);
    const auto bytes = Read(*object, {0, size});
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    ASSERT_EQ(*bytes, Pattern(path, size));
  }

  uint64_t Cached(const std::string& path, uint64_t size) {
    return cache_->CachedBytes(Spec(path, size).id);
  }

  // The background is done with what it was asked for.
  void Settle(const std::function<bool()>& settled) {
    for (int i = 0; i < 2000 && !settled(); ++i) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_TRUE(settled());
  }

  // What `du` says of packs and object files.
  uint64_t DiskBytes() {
    uint64_t bytes = 0;
    for (const std::string sub : {"/packs", "/objects"}) {
      for (const auto& entry : std::filesystem::directory_iterator(options_.folder + sub)) {
        struct stat st;
        if (stat(entry.path().c_str(), &st) == 0) bytes += st.st_blocks * 512;
      }
    }
    return bytes;
  }
  uint64_t UsedByObjects() {
    const CacheStatus status = cache_->GetStatus();
    return status.used_bytes - status.index_bytes;
  }
};

TEST_F(EvictionTest, EvictedBytesAreGoneFromDiskAndBooks) {
  PutObject("small", kSmall);
  PutObject("large", kLarge);
  Open();
  ReadWhole("small", kSmall);
  ReadWhole("large", kLarge);
  Settle([&] { return Cached("small", kSmall) + Cached("large", kLarge) == kSmall + kLarge; });
  EXPECT_GE(DiskBytes(), kSmall + kLarge);
  EXPECT_EQ(cache_->Evict(dataset_.id, "sma")->objects, 0u) << "no folder of this name";
  EXPECT_EQ(cache_->Evict(dataset_.id + 1, "")->objects, 0u) << "another dataset";
  auto evicted = cache_->Evict(dataset_.id, "small");
  ASSERT_TRUE(evicted.ok()) << evicted.status();
  EXPECT_EQ(evicted->bytes, kSmall);
  evicted = cache_->Evict(dataset_.id, "");
  ASSERT_TRUE(evicted.ok()) << evicted.status();
  EXPECT_EQ(evicted->bytes, kLarge);
  EXPECT_EQ(evicted->objects, 1u);
  EXPECT_EQ(Cached("small", kSmall), 0u);
  EXPECT_EQ(Cached("large", kLarge), 0u);
  EXPECT_EQ(cache_->DatasetBytes(dataset_.id), 0u);
  EXPECT_EQ(cache_->GetStatus().evicted_bytes, kSmall + kLarge);
  EXPECT_EQ(DiskBytes(), 0u);
  EXPECT_EQ(UsedByObjects(), 0u);
  // And it can come again.
  ReadWhole("small", kSmall);
  ReadWhole("large", kLarge);
  Settle([&] { return Cached("small", kSmall) + Cached("large", kLarge) == kSmall + kLarge; });
  Reopen();
  EXPECT_EQ(Cached("large", kLarge), kLarge);
  ReadWhole("large", kLarge);
}

TEST_F(EvictionTest, WhatIsOpenStaysUntilItIsClosed) {
  PutObject("large", kLarge);
  Open();
  auto object = OpenObject("large", kLarge);
  ASSERT_TRUE(Read(*object, {0, kLarge}).ok());
  Settle([&] { return object->cached_bytes() == kLarge; });
  EXPECT_EQ(cache_->Evict(dataset_.id, "large")->open_objects, 1u);
  cache_->Retire(Spec("large", kLarge).id, /*replaced=*/true);
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(object->cached_bytes(), kLarge);
  const size_t requests = store_.requests().size();
  EXPECT_EQ(*Read(*object, {1000, 5000}), Pattern("large", kLarge).substr(1000, 5000));
  EXPECT_EQ(store_.requests().size(), requests);
  object = nullptr;
  Settle([&] { return Cached("large", kLarge) == 0 && DiskBytes() == 0; });
}

TEST_F(EvictionTest, OldVersionsGoAtOnce) {
  PutObject("small", kSmall);
  Open();
  ReadWhole("small", kSmall);
  Settle([&] { return Cached("small", kSmall) == kSmall; });
  cache_->Retire(Spec("small", kSmall).id, /*replaced=*/true);
  Settle([&] { return Cached("small", kSmall) == 0 && UsedByObjects() == 0; });
}

TEST_F(EvictionTest, WhatIsGoneFromTheRemoteMakesRoomWhenThereIsNone) {
  for (int i = 0; i < 12; ++i) PutObject(Name(i), kLarge);
  Open();
  int cached = 0;
  for (int i = 0; i < 12; ++i) ReadWhole(Name(i), kLarge);
  // Nothing is on its way to the disk any more, so that what is absent stays so.
  Settle([&] {
    cached = 0;
    uint64_t bytes = 0;
    for (int i = 0; i < 12; ++i) {
      cached += Cached(Name(i), kLarge) == kLarge;
      bytes += RoundUp(Cached(Name(i), kLarge), 4096);
    }
    return cached >= 7 && bytes == UsedByObjects();
  });
  ASSERT_LT(cached, 12);
  int first = 0;
  while (Cached(Name(first), kLarge) != kLarge) ++first;
  int absent = 0;
  while (Cached(Name(absent), kLarge) > 0) ++absent;
  cache_->Retire(Spec(Name(first), kLarge).id, /*replaced=*/false);
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(Cached(Name(first), kLarge), kLarge) << "nobody needs its room";
  Settle([&] {
    ReadWhole(Name(absent), kLarge);
    return Cached(Name(absent), kLarge) == kLarge;
  });
  EXPECT_EQ(Cached(Name(first), kLarge), 0u);
}

TEST_F(EvictionTest, SmallerQuotaHoldsAtTheNextStart) {
  options_.capacity_bytes = 96 << 20;
  for (int i = 0; i < 20; ++i) PutObject(Name(i), kLarge);
  for (int i = 100; i < 200; ++i) PutObject(Name(i), kSmall);
  Open();
  for (int i = 0; i < 20; ++i) ReadWhole(Name(i), kLarge);
  for (int i = 100; i < 200; ++i) ReadWhole(Name(i), kSmall);
  Settle([&] { return UsedByObjects() > 70'000'000; });
  const auto kept = OpenObject(Name(3), kLarge) != nullptr;
  ASSERT_TRUE(kept);
  Close();
  options_.capacity_bytes = 40 << 20;
  Open();
  EXPECT_LE(cache_->GetStatus().used_bytes, 40u << 20);
  EXPECT_LE(DiskBytes(), 40u << 20);
  EXPECT_GT(DiskBytes(), 20u << 20) << "more was dropped than had to be";
  // A larger one takes effect too, and all is read right.
  Close();
  options_.capacity_bytes = 96 << 20;
  Open();
  for (int i = 0; i < 20; ++i) ReadWhole(Name(i), kLarge);
  Settle([&] { return UsedByObjects() > 60'000'000; });
  EXPECT_LE(cache_->GetStatus().used_bytes, 96u << 20);
}

TEST_F(EvictionTest, PinnedStaysThroughSmallerQuotaAndRestart) {
  options_.capacity_bytes = 96 << 20;
  for (int i = 0; i < 20; ++i) PutObject(absl::StrCat(i == 7 ? "kept/" : "", Name(i)), kLarge);
  Open();
  for (int i = 0; i < 20; ++i) ReadWhole(absl::StrCat(i == 7 ? "kept/" : "", Name(i)), kLarge);
  Settle([&] { return Cached("kept/object-7", kLarge) == kLarge; });
  ASSERT_TRUE(cache_->Pin(dataset_.id, "kept").ok());
  Close();
  options_.capacity_bytes = 32 << 20;
  Open();
  EXPECT_EQ(Cached("kept/object-7", kLarge), kLarge);
  EXPECT_EQ(*cache_->Pins(dataset_.id), std::vector<std::string>{"kept"});
  ASSERT_TRUE(cache_->Unpin(dataset_.id, "kept").ok());
  EXPECT_TRUE(cache_->Pins(dataset_.id)->empty());
}

TEST_F(EvictionTest, DiskThatOthersFillIsFreed) {
  PutObject("large", kLarge);
  Open();
  ReadWhole("large", kLarge);
  Settle([&] { return Cached("large", kLarge) == kLarge; });
  Close();
  // As if others had taken all but 1 MiB more than there is.
  struct statvfs st;
  ASSERT_EQ(statvfs(options_.folder.c_str(), &st), 0);
  options_.min_free_bytes = st.f_bavail * st.f_frsize + (100 << 20);
  Open();
  Settle([&] { return Cached("large", kLarge) == 0 && UsedByObjects() == 0; });
}

TEST_F(EvictionTest, RecordsWithoutBytesAreForgotten) {
  PutObject("small", kSmall);
  PutObject("large", kLarge);
  Open();
  ReadWhole("small", kSmall);
  ReadWhole("large", kLarge);
  Settle([&] { return Cached("small", kSmall) + Cached("large", kLarge) == kSmall + kLarge; });
  Close();
  for (const std::string sub : {"/packs", "/objects"}) {
    for (const auto& entry : std::filesystem::directory_iterator(options_.folder + sub)) {
      std::filesystem::remove(entry.path());
    }
  }
  Open();
  Settle([&] { return Cached("small", kSmall) + Cached("large", kLarge) == 0; });
  Settle([&] { return UsedByObjects() == 0; });
  ReadWhole("small", kSmall);
  ReadWhole("large", kLarge);
}

TEST_F(EvictionTest, BytesWithoutRecordsAreFreed) {
  PutObject("large", kLarge);
  Open();
  ReadWhole("large", kLarge);
  Settle([&] { return Cached("large", kLarge) == kLarge; });
  Close();
  // What a kill may leave: a file that no record names, and more blocks in one that is named.
  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder + "/objects")) {
    file = entry.path();
  }
  std::filesystem::copy_file(file, options_.folder + "/objects/00000000000000f1");
  std::filesystem::copy_file(file, options_.folder + "/packs/00000000000000f2");
  Open();
  Settle([&] { return DiskBytes() <= RoundUp(kLarge, 4096) + 8192; });
  EXPECT_EQ(Cached("large", kLarge), kLarge);
  Settle([&] { return UsedByObjects() == RoundUp(kLarge, 4096); });
}

}  // namespace
}  // namespace larder::cache

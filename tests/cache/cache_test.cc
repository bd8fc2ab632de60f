// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Reads through the cache, as the filesystem makes them.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "gmock/gmock.h"
#include "tests/cache/cache_fixture.h"

namespace larder::cache {
namespace {

constexpr uint64_t kMiB = 1 << 20;

using CacheTest = CacheFixture;

TEST_F(CacheTest, ASmallObjectIsFetchedOnceAndReadBackAfterARestart) {
  const std::string bytes = PutObject("small", 112000);
  Open();
  EXPECT_EQ(*Read(*OpenObject("small", bytes.size()), {0, 1 << 20}), bytes);
  EXPECT_EQ(store_.requests().size(), 1u);
  Reopen();
  auto object = OpenObject("small", bytes.size());
  EXPECT_EQ(*Read(*object, {1000, 5000}), bytes.substr(1000, 5000));
  EXPECT_EQ(object->cached_bytes(), bytes.size());
  EXPECT_EQ(store_.requests().size(), 1u);
}

TEST_F(CacheTest, EverySizeReadsBackWhole) {
  Open();
  for (const uint64_t size : {0ul, 1ul, 4095ul, 4096ul, kMiB - 1, kMiB, kMiB + 1, 5 * kMiB + 777}) {
    const std::string name = "of" + std::to_string(size);
    const std::string bytes = PutObject(name, size);
    auto object = OpenObject(name, size);
    std::string read;
    for (uint64_t at = 0; at < size; at += 300000) {
      const auto part = Read(*object, {at, 300000});
      ASSERT_TRUE(part.ok()) << part.status();
      read += *part;
    }
    EXPECT_EQ(read, bytes);
    EXPECT_EQ(Read(*object, {size, 10})->size(), 0u);
  }
}

TEST_F(CacheTest, ALargeObjectThatWasReadIsCompleteAndHasItsExactSizeOnDisk) {
  const std::string bytes = PutObject("large", 10 * kMiB + 5);
  Open();
  {
    auto object = OpenObject("large", bytes.size());
    EXPECT_EQ(*Read(*object, {0, bytes.size()}), bytes);
    EXPECT_TRUE(Warm(*object).ok());  // waits for the disk
    const std::optional<int> fd = object->BackingFd();
    ASSERT_TRUE(fd.has_value());
    struct stat st;
    ASSERT_EQ(::fstat(*fd, &st), 0);
    EXPECT_EQ(static_cast<uint64_t>(st.st_size), bytes.size());
  }
  Reopen();
  EXPECT_TRUE(OpenObject("large", bytes.size())->BackingFd().has_value());
}

TEST_F(CacheTest, ReadersOfTheSameBytesShareOneFetch) {
  const std::string bytes = PutObject("large", 8 * kMiB);
  dataset_.readahead = false;
  Open();
  auto object = OpenObject("large", bytes.size());
  store_.HoldAfter(0);
  std::vector<std::future<absl::StatusOr<std::string>>> reads;
  for (int i = 0; i < 16; ++i) {
    reads.push_back(std::async(std::launch::async, [&, i] {
      return Read(*object, {2 * kMiB + i * 1000, 1000});
    }));
  }
  while (store_.requests().empty()) std::this_thread::yield();
  store_.Release();
  for (int i = 0; i < 16; ++i) EXPECT_EQ(*reads[i].get(), bytes.substr(2 * kMiB + i * 1000, 1000));
  EXPECT_EQ(store_.requests().size(), 1u);
  EXPECT_EQ(store_.delivered_bytes(), kMiB);
}

TEST_F(CacheTest, WithoutReadaheadExactlyTheBlocksReadAreLoaded) {
  const std::string bytes = PutObject("large", 64 * kMiB);
  dataset_.readahead = false;
  Open();
  auto object = OpenObject("large", bytes.size());
  for (uint64_t at = 0; at < 4 * kMiB; at += kMiB / 2) {
    EXPECT_EQ(*Read(*object, {at, kMiB / 2}), bytes.substr(at, kMiB / 2));
  }
  EXPECT_EQ(*Read(*object, {40 * kMiB + 10, 10}), bytes.substr(40 * kMiB + 10, 10));
  EXPECT_EQ(store_.delivered_bytes(), 5 * kMiB);
}

TEST_F(CacheTest, ASequentialReaderIsServedAhead) {
  const std::string bytes = PutObject("large", 64 * kMiB);
  Open();
  auto object = OpenObject("large", bytes.size());
  for (uint64_t at = 0; at < 16 * kMiB; at += kMiB) {
    EXPECT_EQ(*Read(*object, {at, kMiB}), bytes.substr(at, kMiB));
  }
  EXPECT_GT(counters_.readahead_used_bytes.value(), 12 * kMiB);
  EXPECT_LT(store_.requests().size(), 16u);
}

TEST_F(CacheTest, BytesAreAnsweredBeforeTheTransferEnds) {
  const std::string bytes = PutObject("large", 8 * kMiB);
  Open();
  auto object = OpenObject("large", bytes.size());
  store_.HoldAfter(256 << 10);
  EXPECT_EQ(*Read(*object, {0, 200 << 10}), bytes.substr(0, 200 << 10));
  EXPECT_LT(object->cached_bytes(), kMiB) << "the transfer is held back";
  store_.Release();
}

TEST_F(CacheTest, ACancelledReadIsAnsweredAtOnce) {
  PutObject("large", 4 * kMiB);
  Open();
  auto object = OpenObject("large", 4 * kMiB);
  store_.HoldAfter(0);
  absl::Status status = absl::UnknownError("not called");
  const uint64_t ticket =
      object->Read({0, 100}, [&](absl::StatusOr<ReadBytes> bytes) { status = bytes.status(); });
  ASSERT_NE(ticket, 0u);
  object->Cancel(ticket);
  EXPECT_TRUE(absl::IsCancelled(status));
  object->Cancel(ticket);  // again: nothing
}

TEST_F(CacheTest, AWaitEndsAtTheDeadline) {
  PutObject("large", 4 * kMiB);
  dataset_.deadline = absl::Milliseconds(1);
  Open();
  auto object = OpenObject("large", 4 * kMiB);
  store_.HoldAfter(0);
  EXPECT_TRUE(absl::IsDeadlineExceeded(Read(*object, {0, 100}).status()));
}

TEST_F(CacheTest, AFailedLoadFailsItsReadersAndIsTriedAgainByTheNext) {
  const std::string bytes = PutObject("large", 4 * kMiB);
  Open();
  auto object = OpenObject("large", 4 * kMiB);
  store_.FailWith(absl::UnavailableError("down"));
  EXPECT_TRUE(absl::IsUnavailable(Read(*object, {kMiB - 10, 10}).status()));
  store_.FailWith(absl::OkStatus());
  EXPECT_EQ(*Read(*object, {kMiB - 10, 10}), bytes.substr(kMiB - 10, 10));
}

TEST_F(CacheTest, AChangeBetweenTwoRangesIsStaleAndNeverMixed) {
  const std::string bytes = PutObject("large", 16 * kMiB);
  dataset_.readahead = false;
  Open();
  auto object = OpenObject("large", 16 * kMiB);
  EXPECT_EQ(*Read(*object, {0, kMiB}), bytes.substr(0, kMiB));
  store_.Put("large", Pattern("other", 16 * kMiB), "\"other\"");
  EXPECT_TRUE(absl::IsFailedPrecondition(Read(*object, {8 * kMiB, 100}).status()));
  EXPECT_TRUE(object->stale());
  EXPECT_TRUE(absl::IsFailedPrecondition(Read(*object, {0, 100}).status()));
}

TEST_F(CacheTest, AnotherEtagUnderTheSameIdIsRefused) {
  PutObject("object", 1000);
  Open();
  ASSERT_TRUE(Warm(*OpenObject("object", 1000)).ok());
  ObjectSpec spec = Spec("object", 1000);
  spec.version.etag = "\"newer\"";
  Reopen();
  EXPECT_TRUE(absl::IsFailedPrecondition(cache_->Open(dataset_, spec).status()));
}

TEST_F(CacheTest, AnObjectThatIsGoneIsStale) {
  Open();
  auto object = OpenObject("missing", 1000);
  EXPECT_TRUE(absl::IsNotFound(Read(*object, {0, 10}).status()));
  EXPECT_TRUE(object->stale());
}

TEST_F(CacheTest, AServerWithoutRangesIsReadOnceAsAWhole) {
  const std::string bytes = PutObject("large", 20 * kMiB);
  store_.NoRanges();
  Open();
  auto object = OpenObject("large", bytes.size());
  EXPECT_EQ(*Read(*object, {15 * kMiB, 100}), bytes.substr(15 * kMiB, 100));
  for (uint64_t at = 0; at < bytes.size(); at += kMiB) {
    EXPECT_EQ(*Read(*object, {at, kMiB}), bytes.substr(at, kMiB));
  }
  EXPECT_TRUE(Warm(*object).ok());
  EXPECT_LE(store_.delivered_bytes(), 2 * bytes.size());
}

TEST_F(CacheTest, AFlippedBitIsFoundAndFetchedAgain) {
  const std::string small = PutObject("small", 50000);
  const std::string large = PutObject("large", 3 * kMiB);
  Open();
  ASSERT_TRUE(Warm(*OpenObject("small", small.size())).ok());
  ASSERT_TRUE(Warm(*OpenObject("large", large.size())).ok());
  Close();
  for (const char* sub : {"/packs", "/objects"}) {
    for (const auto& file : std::filesystem::directory_iterator(options_.folder + sub)) {
      std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekg(1234);
      const auto flipped = static_cast<char>(bytes.get() ^ 4);
      bytes.seekp(1234);
      bytes.put(flipped);
    }
  }
  Open();
  EXPECT_EQ(*Read(*OpenObject("small", small.size()), {100, 5000}), small.substr(100, 5000));
  EXPECT_EQ(*Read(*OpenObject("large", large.size()), {0, kMiB}), large.substr(0, kMiB));
  EXPECT_EQ(cache_->GetStatus().corrupt_blocks, 2u);
}

TEST_F(CacheTest, AMissingCacheFileIsFetchedAgain) {
  const std::string large = PutObject("large", 3 * kMiB);
  Open();
  ASSERT_TRUE(Warm(*OpenObject("large", large.size())).ok());
  Close();
  std::filesystem::remove_all(options_.folder + "/objects");
  std::filesystem::create_directory(options_.folder + "/objects");
  Open();
  EXPECT_EQ(*Read(*OpenObject("large", large.size()), {0, large.size()}), large);
}

}  // namespace
}  // namespace larder::cache

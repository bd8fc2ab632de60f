// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Every cached byte against its checksum: what is bad is found, named and, if wanted, mended.
#include "cache/verify.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/cache/cache_fixture.h"

namespace larder::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr uint64_t kMiB = 1 << 20;

class VerifyTest : public CacheFixture {
 protected:
  struct Result {
    absl::StatusOr<VerifyProgress> progress = VerifyProgress();
    std::vector<BadObject> bad;
    std::multiset<std::string> paths() const {
      std::multiset<std::string> all;
      for (const BadObject& one : bad) all.insert(one.path);
      return all;
    }
  };

  // Of a cache on disk only: the objects that are filled are closed again.
  std::string Fill(const std::string& path, size_t size) {
    std::string bytes = PutObject(path, size);
    const absl::Status warmed = Warm(*OpenObject(path, size));
    EXPECT_TRUE(warmed.ok()) << warmed;
    return bytes;
  }

  Result Verify(bool repair = false, bool mounted = true) {
    Result result;
    VerifyOptions options;
    options.repair = repair;
    if (mounted) options.datasets = {&dataset_};
    result.progress = cache_->Verify(
        options, [&](const VerifyProgress& progress, const std::vector<BadObject>& found) {
          EXPECT_LE(found.size(), Verifier::kMaxFound);
          result.bad.insert(result.bad.end(), found.begin(), found.end());
          return absl::OkStatus();
        });
    EXPECT_TRUE(result.progress.ok()) << result.progress.status();
    return result;
  }

  // All of it is on disk and recorded.
  void AwaitWhole(const std::string& path, uint64_t size) {
    const absl::Time until = absl::Now() + absl::Seconds(30);
    while (cache_->CachedBytes(Spec(path, size).id) < size && absl::Now() < until) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    ASSERT_EQ(cache_->CachedBytes(Spec(path, size).id), size) << path;
  }

  std::vector<std::string> FilesIn(const std::string& sub) const {
    std::vector<std::string> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(absl::StrCat(options_.folder, "/", sub))) {
      files.push_back(entry.path());
    }
    return files;
  }

  // Turns one bit where the disk has `bytes` (64 of them are looked for).
  void FlipBitIn(const std::string& sub, absl::string_view bytes) {
    for (const std::string& path : FilesIn(sub)) {
      const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
      ASSERT_GE(fd, 0);
      std::string content(std::filesystem::file_size(path), '\0');
      ASSERT_EQ(::pread(fd, content.data(), content.size(), 0),
                static_cast<ssize_t>(content.size()));
      const size_t at = content.find(std::string(bytes.substr(0, 64)));
      if (at != std::string::npos) {
        const char flipped = static_cast<char>(content[at + 5] ^ 0x10);
        ASSERT_EQ(::pwrite(fd, &flipped, 1, static_cast<off_t>(at + 5)), 1);
      }
      ::close(fd);
      if (at != std::string::npos) return;
    }
    FAIL() << "no file in " << sub << " has these bytes";
  }
};

TEST_F(VerifyTest, WhatIsGoodIsReadOnceAndStays) {
  Open();
  for (int i = 0; i < 5; ++i) Fill(absl::StrCat("small", i), 100'000 + i);
  Fill("large", 5 * kMiB + 77);
  PutObject("partly", 20 * kMiB);
  dataset_.readahead = false;
  ASSERT_TRUE(Read(*OpenObject("partly", 20 * kMiB), {3 * kMiB, 2 * kMiB}).ok());
  PutObject("empty", 0);
  ASSERT_TRUE(Warm(*OpenObject("empty", 0)).ok());
  Reopen();
  const uint64_t cached = 5 * 100'000 + 10 + 5 * kMiB + 77 + 2 * kMiB;
  for (const bool repair : {false, true}) {
    const Result result = Verify(repair);
    EXPECT_TRUE(result.bad.empty());
    EXPECT_EQ(result.progress->bad_objects, 0u);
    EXPECT_TRUE(result.progress->counted);
    EXPECT_EQ(result.progress->total_objects, 7u);
    EXPECT_EQ(result.progress->done_objects, 7u);
    EXPECT_EQ(result.progress->total_bytes, cached);
    EXPECT_EQ(result.progress->done_bytes, cached);
  }
}

TEST_F(VerifyTest, AFlippedBitIsFoundEachTimeAndNothingIsChanged) {
  Open();
  const std::string small = Fill("small", 70'000);
  const std::string large = Fill("large", 4 * kMiB);
  Fill("good", 70'001);
  FlipBitIn("packs", small);
  FlipBitIn("objects", absl::string_view(large).substr(2 * kMiB));
  for (int i = 0; i < 2; ++i) {
    const Result result = Verify();
    EXPECT_THAT(result.paths(), UnorderedElementsAre("small", "large"));
    EXPECT_EQ(result.progress->bad_objects, 2u);
    EXPECT_EQ(result.progress->bad_bytes, 70'000 + kMiB);
    EXPECT_EQ(result.progress->dropped_objects, 0u);
    for (const BadObject& bad : result.bad) {
      EXPECT_EQ(bad.outcome, BadObject::Outcome::kKept);
      EXPECT_THAT(bad.why, HasSubstr("checksum"));
    }
    EXPECT_EQ(cache_->GetStatus().corrupt_blocks, 0u);
    EXPECT_EQ(cache_->CachedBytes(Spec("large", 4 * kMiB).id), 4 * kMiB);
    Reopen();
  }
}

TEST_F(VerifyTest, RepairFetchesExactlyWhatIsBad) {
  Open();
  const std::string small = Fill("small", 70'000);
  const std::string large = Fill("large", 9 * kMiB + 5);
  FlipBitIn("packs", small);
  FlipBitIn("objects", absl::string_view(large).substr(2 * kMiB));
  FlipBitIn("objects", absl::string_view(large).substr(8 * kMiB));
  const uint64_t fetched = store_.delivered_bytes();
  const Result result = Verify(/*repair=*/true);
  EXPECT_THAT(result.paths(), UnorderedElementsAre("small", "large"));
  EXPECT_EQ(result.progress->fetched_objects, 2u);
  EXPECT_EQ(store_.delivered_bytes() - fetched, 70'000 + 2 * kMiB);
  EXPECT_EQ(cache_->GetStatus().corrupt_blocks, 3u);
  Reopen();
  EXPECT_TRUE(Verify().bad.empty());
  EXPECT_EQ(*Read(*OpenObject("small", 70'000), {0, 70'000}), small);
  EXPECT_EQ(*Read(*OpenObject("large", large.size()), {0, large.size()}), large);
  EXPECT_EQ(store_.delivered_bytes() - fetched, 70'000 + 2 * kMiB) << "all of it was here";
}

TEST_F(VerifyTest, WhatIsNotMountedIsDroppedAndFetchedByTheNextRead) {
  options_.mend = false;
  Open();
  const std::string small = Fill("small", 70'000);
  const std::string large = Fill("large", 3 * kMiB);
  FlipBitIn("packs", small);
  FlipBitIn("objects", absl::string_view(large).substr(kMiB));
  const Result result = Verify(/*repair=*/true, /*mounted=*/false);
  EXPECT_EQ(result.progress->dropped_objects, 2u);
  EXPECT_EQ(result.progress->fetched_objects, 0u);
  EXPECT_TRUE(Verify().bad.empty());
  options_.mend = true;
  Reopen();
  EXPECT_EQ(*Read(*OpenObject("small", 70'000), {0, 70'000}), small);
  EXPECT_EQ(*Read(*OpenObject("large", large.size()), {0, large.size()}), large);
}

TEST_F(VerifyTest, RecordsWithoutBytesAreFound) {
  options_.mend = false;  // the recount of a start would find them first
  Open();
  const std::string small = Fill("small", 70'000);
  const std::string large = Fill("large", 3 * kMiB);
  Reopen();
  for (const char* sub : {"packs", "objects"}) {
    for (const std::string& path : FilesIn(sub)) std::filesystem::remove(path);
  }
  Result result = Verify();
  EXPECT_THAT(result.paths(), UnorderedElementsAre("small", "large"));
  EXPECT_EQ(result.progress->bad_bytes, 70'000 + 3 * kMiB);
  for (const BadObject& bad : result.bad) EXPECT_THAT(bad.why, HasSubstr("there is no file"));
  EXPECT_EQ(cache_->CachedBytes(Spec("small", 70'000).id), 70'000u) << "only reported";

  result = Verify(/*repair=*/true);
  EXPECT_EQ(result.progress->fetched_objects, 2u);
  EXPECT_TRUE(Verify().bad.empty());
  EXPECT_EQ(*Read(*OpenObject("small", 70'000), {0, 70'000}), small);
  EXPECT_EQ(*Read(*OpenObject("large", large.size()), {0, large.size()}), large);
}

TEST_F(VerifyTest, AShortFileIsFound) {
  Open();
  Fill("large", 3 * kMiB);
  Reopen();
  std::filesystem::resize_file(FilesIn("objects").front(), 2 * kMiB + 100);
  const Result result = Verify();
  EXPECT_THAT(result.paths(), ElementsAre("large"));
  EXPECT_EQ(result.progress->bad_bytes, kMiB);
}

TEST_F(VerifyTest, ARemoteThatIsAwayLeavesItToTheNextRead) {
  Open();
  const std::string one = Fill("one", 70'000);
  const std::string two = Fill("two", 80'000);
  FlipBitIn("packs", one);
  FlipBitIn("packs", two);
  store_.FailWith(absl::UnavailableError("no answer"));
  const Result result = Verify(/*repair=*/true);
  EXPECT_EQ(result.progress->dropped_objects, 2u);
  EXPECT_EQ(result.progress->fetched_objects, 0u);
  store_.FailWith(absl::OkStatus());
  EXPECT_EQ(*Read(*OpenObject("one", one.size()), {0, one.size()}), one);
  EXPECT_EQ(*Read(*OpenObject("two", two.size()), {0, two.size()}), two);
}

TEST_F(VerifyTest, ItEndsWhenNobodyWaitsForItAnyMore) {
  Open();
  const std::string bytes = Fill("small", 70'000);
  FlipBitIn("packs", bytes);
  store_.HoldAfter(100);  // the fetch of the repair stalls
  VerifyOptions options;
  options.repair = true;
  options.datasets = {&dataset_};
  int reports = 0;
  const auto ended =
      cache_->Verify(options, [&](const VerifyProgress&, const std::vector<BadObject>&) {
        return ++reports < 4 ? absl::OkStatus() : absl::CancelledError("gone");
      });
  EXPECT_TRUE(absl::IsCancelled(ended.status())) << ended.status();
  store_.Release();
  EXPECT_EQ(*Read(*OpenObject("small", bytes.size()), {0, bytes.size()}), bytes);
}

TEST_F(VerifyTest, MoreObjectsThanABatchAreEachMetOnce) {
  Open();
  const size_t count = 2 * Verifier::kBatchObjects + 10;
  for (size_t i = 0; i < count; ++i) Fill(absl::StrCat("object", i), 10);
  Result result = Verify();
  EXPECT_EQ(result.progress->done_objects, count);
  EXPECT_EQ(result.progress->done_bytes, 10 * count);
  EXPECT_TRUE(result.bad.empty());
  // All bad: every one is named once.
  for (const std::string& path : FilesIn("packs")) {
    const auto size = std::filesystem::file_size(path);
    std::filesystem::resize_file(path, 0);
    std::filesystem::resize_file(path, size);
  }
  result = Verify();
  EXPECT_EQ(result.bad.size(), count);
  const std::multiset<std::string> paths = result.paths();
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), count);
}

TEST_F(VerifyTest, ReadersBesideARepairSeeOnlyGoodBytes) {
  Open();
  const std::string small = Fill("small", 200'000);
  const std::string large = Fill("large", 6 * kMiB);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (const auto& [path, bytes] : {std::pair("small", &small), std::pair("large", &large)}) {
    readers.emplace_back([&, path = path, bytes = bytes] {
      while (!stop) {
        // Whole blocks, which readers check by themselves.
        const auto read = Read(*OpenObject(path, bytes->size()), {0, bytes->size()});
        if (!read.ok() || *read != *bytes) ++wrong;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    // Blocks are written behind the readers' backs. A bit that is turned between the bytes and
    // their record would be seen by the next run only, not by this one.
    AwaitWhole("small", small.size());
    AwaitWhole("large", large.size());
    FlipBitIn(i % 2 == 0 ? "packs" : "objects",
              i % 2 == 0 ? absl::string_view(small) : absl::string_view(large).substr(3 * kMiB));
    Verify(/*repair=*/true);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  Reopen();
  EXPECT_TRUE(Verify().bad.empty());
}

TEST_F(VerifyTest, WhatACrashLeftUnverifiedIsVerifiedByIt) {
  options_.boot_id = "before";
  Open();
  Fill("large", 3 * kMiB);
  // The files as a crash of the machine leaves them, but that all bytes came to the disk.
  const std::string copy = folder_.path() + "/copy";
  std::filesystem::copy(options_.folder, copy, std::filesystem::copy_options::recursive);
  Close();
  options_.folder = copy;
  options_.boot_id = "after";
  Open();
  const auto object = OpenObject("large", 3 * kMiB);
  EXPECT_FALSE(object->BackingFd().has_value());
  EXPECT_TRUE(Verify().bad.empty());
  EXPECT_TRUE(object->BackingFd().has_value());
}

TEST_F(VerifyTest, ADamagedIndexIsAnErrorThatSaysSo) {
  Open();
  for (int i = 0; i < 200; ++i) Fill(absl::StrCat("object", i), 10);
  Reopen();  // what was in the log is in a table now
  Close();
  int damaged = 0;
  for (const std::string& path : FilesIn("index")) {
    if (!path.ends_with(".sst")) continue;
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::pwrite(fd, "rotten", 6, 200), 6);
    ::close(fd);
    ++damaged;
  }
  ASSERT_GT(damaged, 0);
  options_.mend = false;
  Open();
  const auto ended = cache_->Verify(
      {}, [](const VerifyProgress&, const std::vector<BadObject>&) { return absl::OkStatus(); });
  EXPECT_TRUE(absl::IsDataLoss(ended.status())) << ended.status();
  EXPECT_THAT(ended.status().message(), HasSubstr("index"));
}

}  // namespace
}  // namespace larder::cache

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Bits that go bad in the cache folder, while the daemon is down and while it runs: no wrong byte
// is read where the cache reads it, what is bad is fetched again and counted, and the mount comes
// up and stays up, whatever is bad.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "tests/mount/mount_fixture.h"

namespace larder::testing {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kMiB = 1 << 20;

class RotTest : public MountTest {
 protected:
  // Passthrough reads are the disk's own, unchecked: here the daemon reads.
  const std::vector<std::string> options_ = {"--passthrough", "off", "--immutable"};

  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    for (unsigned i = 0; i < 40; ++i) Add(absl::StrCat("small/", i), 1000 + 3000 * i, i);
    for (unsigned i = 0; i < 3; ++i) Add(absl::StrCat("large/", i), 3 * kMiB + i * 4321, 100 + i);
  }

  void Add(const std::string& path, size_t size, unsigned seed) {
    files_.push_back({path, Pattern(size, seed)});
    WriteRemote(path, files_.back().second);
  }

  // By whole blocks, which are always checked; a part of one is not (docs/semantics.md).
  static std::string ReadByBlocks(const std::string& path) {
    const auto file = File::Open(path, O_RDONLY | O_DIRECT);
    EXPECT_TRUE(file.ok()) << file.status();
    const std::unique_ptr<char, decltype(&free)> block(
        static_cast<char*>(aligned_alloc(4096, kMiB)), &free);
    std::string content;
    while (file.ok()) {
      const auto n = file->ReadAt(content.size(), {block.get(), kMiB});
      EXPECT_TRUE(n.ok()) << n.status();
      if (!n.ok()) break;
      content.append(block.get(), *n);
      if (*n < kMiB) break;
    }
    return content;
  }

  void ExpectAllReadsBackByBlocks() {
    for (const auto& [path, content] : files_) {
      EXPECT_TRUE(ReadByBlocks(Path(path)) == content) << path;
    }
  }

  void ExpectAllReadsBack() {
    for (const auto& [path, content] : files_) {
      EXPECT_TRUE(ReadAll(Path(path)) == content) << path;
    }
  }

  void FillAndUnmount() {
    Mount(options_);
    ExpectAllReadsBack();
    // Behind the reads the bytes go to disk.
    const Ended warm = Larder({"warm", mountpoint_});
    EXPECT_EQ(warm.exit_status, 0) << warm.errors;
    Unmount();
  }

  // The files below a folder of the cache.
  std::vector<std::string> CacheFiles(const std::string& folder, const std::string& ending = "") {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(cache_ + "/" + folder)) {
      if (absl::EndsWith(entry.path().string(), ending)) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  static void FlipBits(const std::string& path, uint64_t from, uint64_t step) {
    const auto file = File::Open(path, O_RDWR);
    ASSERT_TRUE(file.ok()) << file.status();
    for (uint64_t at = from; at < *file->Size(); at += step) {
      char byte = 0;
      ASSERT_TRUE(file->ReadAt(at, {&byte, 1}).ok());
      byte ^= 8;
      ASSERT_TRUE(file->WriteAt(at, {&byte, 1}).ok());
    }
  }

  uint64_t CorruptBlocks() { return Status()["cache"]["corrupt_blocks"].get<uint64_t>(); }

  std::vector<std::pair<std::string, std::string>> files_;
};

TEST_F(RotTest, BadBytesOfPacksAndObjectFilesAreFetchedAgainAndCounted) {
  FillAndUnmount();
  // One in each block of each large object, one in every other of the small ones.
  for (const std::string& path : CacheFiles("objects")) FlipBits(path, 1000, kMiB);
  for (const std::string& path : CacheFiles("packs")) FlipBits(path, 500, 64 << 10);
  Mount(options_);
  ExpectAllReadsBackByBlocks();
  EXPECT_GE(CorruptBlocks(), 12u + 20u);
  const uint64_t corrupt = CorruptBlocks();
  Unmount();
  // What was fetched again is good.
  Mount(options_);
  ExpectAllReadsBackByBlocks();
  ExpectAllReadsBack();
  EXPECT_EQ(CorruptBlocks(), 0u) << "of " << corrupt << " before";
}

TEST_F(RotTest, BytesThatGoBadUnderARunningMountAreFetchedAgain) {
  Mount(options_);
  ExpectAllReadsBack();
  const Ended warm = Larder({"warm", mountpoint_});
  EXPECT_EQ(warm.exit_status, 0) << warm.errors;
  for (const std::string& path : CacheFiles("objects")) FlipBits(path, 1000, kMiB);
  for (const std::string& path : CacheFiles("packs")) FlipBits(path, 500, 64 << 10);
  ExpectAllReadsBackByBlocks();
  EXPECT_GE(CorruptBlocks(), 12u);
  // And the bits are right again for whoever comes later.
  for (const auto& file : files_) DropPageCache(Path(file.first));
  const uint64_t corrupt = CorruptBlocks();
  ExpectAllReadsBack();
  EXPECT_EQ(CorruptBlocks(), corrupt);
}

TEST_F(RotTest, ABrokenIndexIsDroppedAndTheCacheBeginsEmpty) {
  struct Damage {
    std::string what;
    std::string name;  // how the files of the index begin or end
    bool whole;        // the file is emptied, else a bit in each 97 bytes is flipped
  };
  for (const Damage& damage : std::vector<Damage>{{"manifest", "MANIFEST-", false},
                                                  {"manifest gone", "MANIFEST-", true},
                                                  {"current", "CURRENT", false},
                                                  {"current empty", "CURRENT", true},
                                                  {"log", ".log", false}}) {
    SCOPED_TRACE(damage.what);
    FillAndUnmount();
    int damaged = 0;
    for (const std::string& path : CacheFiles("index")) {
      if (!absl::StrContains(path, damage.name)) continue;
      ++damaged;
      if (damage.whole) {
        std::filesystem::resize_file(path, 0);
      } else {
        FlipBits(path, 3, 97);
      }
    }
    ASSERT_GT(damaged, 0);
    Mount(options_);
    if (HasFatalFailure()) return;
    EXPECT_THAT(daemon_->Errors(), HasSubstr("the cache begins empty"));
    ExpectAllReadsBack();
    EXPECT_GT(Dataset()["remote_bytes"].get<uint64_t>(), 0u);
    Unmount();
    // The new one is kept.
    Mount(options_);
    EXPECT_THAT(daemon_->Errors(), ::testing::Not(HasSubstr("the cache begins empty")));
    ExpectAllReadsBack();
    EXPECT_EQ(Dataset()["remote_bytes"].get<uint64_t>(), 0u);
    Unmount();
  }
}

TEST_F(RotTest, AnIndexThatWasRemovedByHandTakesItsFilesWithIt) {
  FillAndUnmount();
  std::filesystem::remove_all(cache_ + "/index");
  Mount(options_);
  EXPECT_THAT(daemon_->Errors(), HasSubstr("the cache begins empty"));
  ExpectAllReadsBack();
}

TEST_F(RotTest, TablesOfTheIndexThatAreBadNeverGiveAWrongByteAndAreDroppedByTheNextMount) {
  FillAndUnmount();
  // Opening flushes the log of the run before into a table.
  Mount(options_);
  Unmount();
  const std::vector<std::string> tables = CacheFiles("index", ".sst");
  ASSERT_FALSE(tables.empty());
  // Its middle, not the footer that is read when it is opened.
  for (const std::string& path : tables) FlipBits(path, 5, 8 << 10);
  Mount(options_);
  if (HasFatalFailure()) return;
  ExpectAllReadsBack();
  const bool at_once = absl::StrContains(daemon_->Errors(), "the cache begins empty");
  if (!at_once) {
    EXPECT_TRUE(Eventually(
        [&] { return absl::StrContains(daemon_->Errors(), "begins with an empty cache"); }));
    ExpectAllReadsBack();
    Unmount();
    Mount(options_);
    EXPECT_THAT(daemon_->Errors(), HasSubstr("the cache begins empty"));
  }
  ExpectAllReadsBack();
}

TEST_F(RotTest, WhatCanNotBeReadForNowDropsNothing) {
  if (geteuid() != 0) GTEST_SKIP() << "a folder is made immutable by root alone";
  FillAndUnmount();
  // An index in which nothing can be made: RocksDB fails to open, but nothing is broken.
  const std::string index = cache_ + "/index";
  std::filesystem::rename(index, index + ".away");
  ASSERT_EQ(symlink("/proc/self/nothing", index.c_str()), 0) << strerror(errno);
  const Ended failed = Larder({"mount", source_, mountpoint_, "--cache-dir", cache_});
  EXPECT_EQ(failed.exit_status, 1);
  std::filesystem::remove(index);
  std::filesystem::rename(index + ".away", index);
  EXPECT_FALSE(CacheFiles("objects").empty());
  EXPECT_FALSE(CacheFiles("packs").empty());
  Mount(options_);
  ExpectAllReadsBack();
  EXPECT_EQ(Dataset()["remote_bytes"].get<uint64_t>(), 0u);
}

}  // namespace
}  // namespace larder::testing

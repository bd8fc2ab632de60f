// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <atomic>

#include "base/byte_range.h"
#include "base/crc32c.h"
#include "base/digest.h"
#include "base/errors.h"
#include "base/file.h"
#include "base/file_observer.h"
#include "base/thread_pool.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace larder {
namespace {

TEST(Crc32cTest, IsThatOfTheStandard) {
  // RFC 3720, B.4: 32 bytes of zeros, of ones; and the check value of "123456789".
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(std::string("123456789")), 0xe3069283u);
}

TEST(Crc32cTest, Extends) {
  const std::string bytes = "some bytes that come in two parts";
  EXPECT_EQ(Crc32c(bytes.substr(7), Crc32c(bytes.substr(0, 7))), Crc32c(bytes));
}

TEST(ByteRangeTest, IntersectsAndClamps) {
  const ByteRange range{10, 20};
  EXPECT_EQ(range.Intersect({0, 15}), (ByteRange{10, 5}));
  EXPECT_TRUE(range.Intersect({30, 5}).empty());
  EXPECT_EQ(range.ClampTo(12), (ByteRange{10, 2}));
  EXPECT_TRUE(range.ClampTo(3).empty());
  EXPECT_TRUE(range.Contains({10, 20}));
  EXPECT_FALSE(range.Contains({10, 21}));
}

TEST(DigestTest, PartsDoNotRunTogether) {
  EXPECT_NE(Digest::Of({"ab", "c"}), Digest::Of({"a", "bc"}));
  EXPECT_EQ(Digest::FromView(Digest::Of({"x"}).view()), Digest::Of({"x"}));
}

TEST(DigestTest, IsTheSameForEver) {
  // Cache folders of earlier runs are found by it.
  EXPECT_EQ(Digest::Of({"larder", ""}).ToHex(), Digest::Of({"larder", ""}).ToHex());
  EXPECT_EQ(Digest::Of({}).ToHex(), "e3b0c44298fc1c149afbf4c8996fb924");
}

TEST(FileTest, AHoleGivesItsSpaceBack) {
  testing::TempDir folder;
  absl::StatusOr<File> file = File::Open(folder.path() + "/f", O_RDWR | O_CREAT);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->WriteAt(0, std::string(1 << 20, 'x')).ok());
  ASSERT_TRUE(file->SyncData().ok());
  const uint64_t before = *file->AllocatedBytes();
  const absl::Status punched = file->PunchHole({0, 512 << 10});
  if (absl::IsUnimplemented(punched)) GTEST_SKIP() << "no holes on this filesystem";
  EXPECT_EQ(*file->AllocatedBytes(), before - (512 << 10));
  EXPECT_EQ(*file->Size(), 1u << 20);
}

TEST(FileTest, PreallocationKeepsTheSize) {
  testing::TempDir folder;
  absl::StatusOr<File> file = File::Open(folder.path() + "/f", O_RDWR | O_CREAT);
  ASSERT_TRUE(file.ok());
  const absl::Status allocated = file->Preallocate({0, 1 << 20});
  if (absl::IsUnimplemented(allocated)) GTEST_SKIP() << "no fallocate on this filesystem";
  EXPECT_EQ(*file->Size(), 0u);
  EXPECT_GE(*file->AllocatedBytes(), 1u << 20);
}

TEST(FileTest, PreallocatedSpaceBeyondTheEndIsGivenBack) {
  testing::TempDir folder;
  absl::StatusOr<File> file = File::Open(folder.path() + "/f", O_RDWR | O_CREAT);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file->WriteAt(0, std::string(5000, 'x')).ok());
  const absl::Status allocated = file->Preallocate({0, 1 << 20});
  if (absl::IsUnimplemented(allocated)) GTEST_SKIP() << "no fallocate on this filesystem";
  ASSERT_TRUE(file->FreeBeyondEnd().ok());
  EXPECT_LE(*file->AllocatedBytes(), 8192u);
  EXPECT_EQ(*file->Size(), 5000u);
}

TEST(FileTest, AnObserverIsToldOfEveryChange) {
  class Log : public FileObserver {
   public:
    void Before(const FileChange& change) override { before_.push_back(change.kind); }
    void After(const FileChange& change, const absl::Status& result) override {
      if (result.ok()) after_.push_back(change.kind);
    }
    std::vector<FileChange::Kind> before_;
    std::vector<FileChange::Kind> after_;
  } log;
  testing::TempDir folder;
  const std::string path = folder.path() + "/f";
  {
    auto file = File::Open(path, O_RDWR | O_CREAT, 0600, &log);
    ASSERT_TRUE(file.ok());
    const File moved = *std::move(file);
    ASSERT_TRUE(moved.WriteAt(0, std::string("bytes")).ok());
    ASSERT_TRUE(moved.Truncate(2).ok());
    ASSERT_TRUE(moved.SyncData().ok());
  }
  ASSERT_TRUE(UnlinkFile(path, &log).ok());
  EXPECT_TRUE(absl::IsNotFound(UnlinkFile(path, &log)));
  using Kind = FileChange::Kind;
  EXPECT_THAT(log.after_, ::testing::ElementsAre(Kind::kCreate, Kind::kWrite, Kind::kTruncate,
                                                 Kind::kSync, Kind::kUnlink));
  EXPECT_EQ(log.before_.size(), log.after_.size() + 1);
}

TEST(FileTest, ErrorsNameThePath) {
  const auto file = File::Open("/nowhere/at/all", O_RDONLY);
  EXPECT_TRUE(absl::IsNotFound(file.status()));
  EXPECT_THAT(std::string(file.status().message()), ::testing::HasSubstr("/nowhere/at/all"));
}

TEST(FileTest, AWholeFileIsReplacedOrNot) {
  testing::TempDir folder;
  const std::string path = folder.path() + "/f";
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  ASSERT_TRUE(WriteFileAtomically(path, "new").ok());
  EXPECT_EQ(*ReadFileToString(path), "new");
  EXPECT_TRUE(absl::IsResourceExhausted(ReadFileToString(path, 2).status()));
}

TEST(ThreadPoolTest, RunsWhatIsQueuedBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool("test", 3);
    for (int i = 0; i < 1000; ++i) pool.Run([&] { ++ran; });
  }
  EXPECT_EQ(ran, 1000);
}

TEST(ThreadPoolTest, DrainWaitsForWhatRuns) {
  ThreadPool pool("test", 2);
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) pool.Run([&] { ++ran; });
  pool.Drain();
  EXPECT_EQ(ran, 100);
}

TEST(ErrorsTest, ContextComesBeforeTheMessage) {
  EXPECT_EQ(WithContext(absl::NotFoundError("no"), "a/b").ToString(), "NOT_FOUND: a/b: no");
  EXPECT_TRUE(WithContext(absl::OkStatus(), "a/b").ok());
}

}  // namespace
}  // namespace larder

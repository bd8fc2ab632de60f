// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// evict, pin, unpin and refresh, as a user runs them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/mount/mount_fixture.h"

namespace larder::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class PathsTest : public MountTest {
 protected:
  uint64_t CachedBytes() { return Dataset()["cached_bytes"].get<uint64_t>(); }
  uint64_t Requests() { return Dataset()["remote_requests"].get<uint64_t>(); }
  void Settle(const std::function<bool()>& settled) {
    for (int i = 0; i < 1000 && !settled(); ++i) absl::SleepFor(absl::Milliseconds(10));
    EXPECT_TRUE(settled());
  }
  // The command ends well; what it wrote.
  std::string Run(const std::string& command, const std::string& path) {
    const Ended ended = Larder({command, path});
    EXPECT_EQ(ended.exit_status, 0) << ended.errors;
    return ended.output;
  }
};

TEST_F(PathsTest, EvictFreesWhatIsAtAndBelowAPath) {
  WriteRemote("a/small", Pattern(10'000));
  WriteRemote("a/large", Pattern(5'000'000));
  WriteRemote("ab", Pattern(20'000));
  Mount();
  ASSERT_EQ(Larder({"warm", Path()}).exit_status, 0);
  ASSERT_EQ(CachedBytes(), 5'030'000u);
  EXPECT_THAT(Run("evict", Path("a")), HasSubstr("2 files evicted"));
  EXPECT_EQ(CachedBytes(), 20'000u);
  EXPECT_EQ(ReadAll(Path("a/large")), Pattern(5'000'000));
  EXPECT_EQ(ReadAll(Path("a/small")), Pattern(10'000));
}

TEST_F(PathsTest, AnOpenFileIsReadToItsEndAndEvictedAfter) {
  const std::string content = Pattern(5'000'000);
  WriteRemote("file", content);
  Mount();
  ASSERT_EQ(Larder({"warm", Path()}).exit_status, 0);
  const int fd = open(Path("file").c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  EXPECT_THAT(Run("evict", Path("file")), HasSubstr("1 open, freed when closed"));
  std::string read(content.size(), '\0');
  EXPECT_EQ(pread(fd, read.data(), read.size(), 0), static_cast<ssize_t>(read.size()));
  EXPECT_TRUE(read == content);
  close(fd);
  Settle([&] { return CachedBytes() == 0; });
  EXPECT_TRUE(ReadAll(Path("file")) == content);
}

TEST_F(PathsTest, PinsAreKeptThroughRestartsAndTakenBackByName) {
  WriteRemote("a/file", Pattern(10'000));
  Mount();
  Run("pin", Path("a"));
  Unmount();
  Mount();
  const Ended wrong = Larder({"unpin", Path("a/file")});
  EXPECT_EQ(wrong.exit_status, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("'a/file' is not pinned; these are: 'a'"));
  Run("unpin", Path("a"));
  EXPECT_EQ(Larder({"unpin", Path("a")}).exit_status, 1);
}

TEST_F(PathsTest, PinnedFilesStayWhenTheQuotaShrinks) {
  for (int i = 0; i < 12; ++i) WriteRemote(absl::StrCat("file-", i), Pattern(4'000'000, i));
  WriteRemote("kept", Pattern(4'000'000, 99));
  Mount({"--cache-size", "100MiB"});
  ASSERT_EQ(Larder({"warm", Path()}).exit_status, 0);
  Run("pin", Path("kept"));
  Unmount();
  Mount({"--cache-size", "32MiB"});
  Settle([&] { return Status()["cache"]["used_bytes"].get<uint64_t>() <= 32u << 20; });
  Settle([&] { return CachedBytes() > 0 && CachedBytes() < 30'000'000; });
  const uint64_t requests = Requests();
  EXPECT_TRUE(ReadAll(Path("kept")) == Pattern(4'000'000, 99));
  EXPECT_EQ(Requests(), requests) << "it was evicted";
}

TEST_F(PathsTest, RefreshShowsWhatChangedOnTheRemote) {
  WriteRemote("folder/changed", "before");
  WriteRemote("folder/removed", "gone");
  Mount({"--metadata-ttl", "infinite"});
  EXPECT_THAT(ListAll(Path("folder")), UnorderedElementsAre("changed", "removed"));
  EXPECT_EQ(ReadAll(Path("folder/changed")), "before");
  EXPECT_EQ(ReadAll(Path("folder/removed")), "gone");
  WriteRemote("folder/changed", "after it");
  WriteRemote("folder/added", "new");
  std::filesystem::remove(RemotePath("folder/removed"));
  EXPECT_EQ(ReadAll(Path("folder/changed")), "before") << "the TTL does not hold";
  Run("refresh", Path("folder"));
  EXPECT_EQ(ReadAll(Path("folder/changed")), "after it");
  EXPECT_THAT(ListAll(Path("folder")), UnorderedElementsAre("changed", "added"));
  EXPECT_EQ(ReadAll(Path("folder/added")), "new");
  struct stat st;
  EXPECT_NE(stat(Path("folder/removed").c_str(), &st), 0);
}

TEST_F(PathsTest, RefreshIsTheWayToSeeChangesOfAnImmutableMount) {
  WriteRemote("file", "before");
  Mount({"--immutable"});
  EXPECT_EQ(ReadAll(Path("file")), "before");
  WriteRemote("file", "after it");
  EXPECT_EQ(ReadAll(Path("file")), "before");
  Run("refresh", Path());
  EXPECT_EQ(ReadAll(Path("file")), "after it");
}

TEST_F(PathsTest, PathsThatAreOnNoMountAreRefused) {
  WriteRemote("file", "content");
  Mount();
  for (const std::string command : {"evict", "pin", "unpin", "refresh"}) {
    const Ended ended = Larder({command, remote_});
    EXPECT_EQ(ended.exit_status, 1) << command;
    EXPECT_THAT(ended.errors, HasSubstr("is not on a larder mount")) << command;
    EXPECT_EQ(Larder({command}).exit_status, 2) << command;
  }
}

}  // namespace
}  // namespace larder::testing

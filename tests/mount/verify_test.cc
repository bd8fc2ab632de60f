// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// `larder verify`, by the daemon that uses the cache and without one.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/mount/mount_fixture.h"

namespace larder::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class VerifyCommandTest : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    WriteRemote("folder/small", small_);
    WriteRemote("large", large_);
    Mount();
    ASSERT_EQ(Larder({"warm", Path()}).exit_status, 0);
  }

  // Turns one bit of what the cache holds of `bytes`.
  void FlipBitOf(absl::string_view bytes) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(cache_)) {
      const std::string path = entry.path();
      if (!entry.is_regular_file() || path.find("/index/") != std::string::npos) continue;
      std::string content = ReadAll(path);
      const size_t at = content.find(std::string(bytes.substr(0, 64)));
      if (at == std::string::npos) continue;
      const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
      ASSERT_GE(fd, 0);
      const char flipped = static_cast<char>(content[at] ^ 1);
      ASSERT_EQ(pwrite(fd, &flipped, 1, static_cast<off_t>(at)), 1);
      close(fd);
      return;
    }
    FAIL() << "not in the cache";
  }
  void RotBoth() {
    FlipBitOf(small_);
    FlipBitOf(absl::string_view(large_).substr(3 << 20));
  }
  void ExpectBothReadBack() {
    DropPageCache(Path("folder/small"));
    DropPageCache(Path("large"));
    EXPECT_TRUE(ReadAll(Path("folder/small")) == small_);
    EXPECT_TRUE(ReadAll(Path("large")) == large_);
  }

  const std::string small_ = Pattern(70'000, 1);
  const std::string large_ = Pattern(6'000'000, 2);
};

TEST_F(VerifyCommandTest, AGoodCacheIsStatus0MountedOrNot) {
  for (const std::vector<std::string>& which : std::vector<std::vector<std::string>>{
           {}, {mountpoint_}, {"--cache-dir", cache_}, {"--cache-dir", cache_, "--repair"}}) {
    std::vector<std::string> arguments = {"verify"};
    arguments.insert(arguments.end(), which.begin(), which.end());
    const Ended ended = Larder(arguments);
    EXPECT_EQ(ended.exit_status, 0) << ended.errors;
    EXPECT_THAT(ended.output, HasSubstr("verified 2 objects, 5.8 MiB: all good"));
    EXPECT_EQ(ended.errors, "");
  }
  Unmount();
  const Ended ended = Larder({"verify", "--cache-dir", cache_ + "/../cache/"});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("verified 2 objects, 5.8 MiB: all good"));
}

TEST_F(VerifyCommandTest, RotIsNamedAndKeptWithoutRepair) {
  RotBoth();
  for (const bool mounted : {true, false}) {
    if (!mounted) Unmount();
    for (int i = 0; i < 2; ++i) {
      const Ended ended = Larder({"verify", "--cache-dir", cache_});
      EXPECT_EQ(ended.exit_status, 1);
      EXPECT_THAT(ended.output, AllOf(HasSubstr("bad: folder/small: "), HasSubstr("bad: large: "),
                                      HasSubstr("2 objects bad"), Not(HasSubstr("dropped"))));
      EXPECT_THAT(ended.errors, HasSubstr("--repair"));
    }
  }
}

TEST_F(VerifyCommandTest, RepairThroughTheDaemonFetchesAgain) {
  RotBoth();
  const uint64_t remote_bytes = Dataset()["remote_bytes"];
  Ended ended = Larder({"verify", mountpoint_, "--repair"});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("2 dropped, 2 of them fetched again"));
  EXPECT_EQ(Dataset()["remote_bytes"], remote_bytes + small_.size() + (1 << 20));
  EXPECT_EQ(Status()["cache"]["corrupt_blocks"], 2);
  ended = Larder({"verify", mountpoint_});
  EXPECT_EQ(ended.exit_status, 0) << ended.output;
  ExpectBothReadBack();
}

TEST_F(VerifyCommandTest, RepairReachesWhatTheKernelHasOfBadBytes) {
  Unmount();
  Mount({"--passthrough", "off", "--readahead", "off"});
  const size_t at = (3 << 20) + 8192;
  FlipBitOf(absl::string_view(large_).substr(at));
  const int fd = open(Path("large").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);  // one page a read: a part of a block is not checked
  char page[4096];
  const auto is_good = [&] {
    return pread(fd, page, sizeof(page), static_cast<off_t>(at)) == sizeof(page) &&
           std::string(page, sizeof(page)) == large_.substr(at, sizeof(page));
  };
  EXPECT_FALSE(is_good());
  const Ended ended = Larder({"verify", mountpoint_, "--repair"});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_TRUE(is_good());
  close(fd);
}

TEST_F(VerifyCommandTest, RepairWithoutADaemonLeavesTheFetchToTheNextRead) {
  RotBoth();
  Unmount();
  Ended ended = Larder({"verify", "--cache-dir", cache_, "--repair"});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(ended.output, AllOf(HasSubstr("2 dropped, 0 of them fetched again"),
                                  HasSubstr("fetched by the next read")));
  ended = Larder({"verify", "--cache-dir", cache_});
  EXPECT_EQ(ended.exit_status, 0) << ended.output;
  Mount();
  ExpectBothReadBack();
  EXPECT_EQ(Dataset()["remote_bytes"], small_.size() + (1 << 20));
}

TEST_F(VerifyCommandTest, WhatIsNoCacheIsLeftAlone) {
  Unmount();
  Ended ended = Larder({"verify", "--cache-dir", remote_});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("is no larder cache"));
  EXPECT_FALSE(std::filesystem::exists(remote_ + "/VERSION"));
  ended = Larder({"verify", "--cache-dir", folder_.path() + "/missing"});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/missing"));
  ended = Larder({"verify"});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("nothing is mounted"));
  ended = Larder({"verify", mountpoint_, "--cache-dir", cache_});
  EXPECT_EQ(ended.exit_status, 2);
}

}  // namespace
}  // namespace larder::testing

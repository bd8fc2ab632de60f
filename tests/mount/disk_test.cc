// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// The cache's disk fills up, refuses writes, or dies, under a mount that goes on.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/mount/mount_fixture.h"

namespace larder::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kMiB = 1 << 20;

class DiskTest : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    disk_ = folder_.path() + "/disk";
    std::filesystem::create_directory(disk_);
    cache_ = disk_ + "/cache";
  }
  void TearDown() override {
    MountTest::TearDown();
    umount2(disk_.c_str(), MNT_DETACH);
  }

  // Why not, if it can't be had.
  std::string MountTmpfs(const std::string& options) {
    if (::mount("tmpfs", disk_.c_str(), "tmpfs", 0, options.c_str()) == 0) return "";
    return absl::StrCat("no tmpfs can be mounted: ", strerror(errno));
  }
  // An ext4 of its own, in a file.
  std::string MountExt4(int mebibytes) {
    const std::string image = folder_.path() + "/image";
    std::ofstream(image).close();
    std::filesystem::resize_file(image, uint64_t{1} * mebibytes * kMiB);
    Ended made = RunToEnd({"mkfs.ext4", "-q", "-m", "0", image});
    if (made.exit_status == 0) made = RunToEnd({"mount", "-o", "loop", image, disk_});
    return made.exit_status == 0 ? "" : absl::StrCat("no ext4 can be made: ", made.errors);
  }

  std::string StatusText() { return Larder({"status", mountpoint_}).output; }
  bool Within(absl::Duration patience, const std::function<bool()>& condition) {
    const absl::Time end = absl::Now() + patience;
    while (!condition()) {
      if (absl::Now() > end) return false;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return true;
  }
  uint64_t CachedBytes() { return Dataset()["cached_bytes"].get<uint64_t>(); }
  uint64_t DiskFree() {
    struct statvfs st;
    return statvfs(disk_.c_str(), &st) == 0 ? st.f_bavail * st.f_frsize : 0;
  }

  std::string disk_;
  std::error_code ignored_;
};

TEST_F(DiskTest, RefusedWritesTurnTheFillingOffUntilTheyAreTakenAgain) {
  const std::string refused = MountTmpfs("size=200m,nr_inodes=10000");
  if (!refused.empty()) GTEST_SKIP() << refused;
  for (int i = 0; i < 4; ++i) WriteRemote(absl::StrCat("file-", i), Pattern(3 * kMiB, i));
  Mount({"--cache-size", "100MiB", "--min-free", "0"});
  ASSERT_EQ(ReadAll(Path("file-0")), Pattern(3 * kMiB, 0));
  ASSERT_TRUE(Within(absl::Seconds(10), [&] { return CachedBytes() == 3 * kMiB; }));
  // No file can be made any more, though there is room.
  struct statvfs st;
  ASSERT_EQ(statvfs(disk_.c_str(), &st), 0);
  ASSERT_EQ(::mount("tmpfs", disk_.c_str(), "tmpfs", MS_REMOUNT,
                    absl::StrCat("nr_inodes=", st.f_files - st.f_ffree).c_str()),
            0)
      << strerror(errno);
  EXPECT_TRUE(ReadAll(Path("file-1")) == Pattern(3 * kMiB, 1));
  EXPECT_TRUE(ReadAll(Path("file-2")) == Pattern(3 * kMiB, 2));
  EXPECT_TRUE(Within(absl::Seconds(10), [&] {
    return absl::StrContains(StatusText(), "No space left on device");
  })) << StatusText();
  EXPECT_EQ(CachedBytes(), 3 * kMiB);
  const std::string log = daemon_->Errors();
  const size_t said = log.find("filling stops");
  EXPECT_NE(said, std::string::npos) << log;
  EXPECT_EQ(log.find("filling stops", said + 1), std::string::npos) << "once is enough: " << log;
  ASSERT_EQ(::mount("tmpfs", disk_.c_str(), "tmpfs", MS_REMOUNT, "nr_inodes=10000"), 0);
  EXPECT_TRUE(Within(absl::Seconds(30),
                     [&] { return !absl::StrContains(StatusText(), "No space left on device"); }));
  EXPECT_TRUE(ReadAll(Path("file-3")) == Pattern(3 * kMiB, 3));
  EXPECT_TRUE(Within(absl::Seconds(10), [&] { return CachedBytes() == 6 * kMiB; }));
}

TEST_F(DiskTest, AnIndexThatCouldNotBeWrittenIsWrittenAgain) {
  const std::string refused = MountTmpfs("size=60m");
  if (!refused.empty()) GTEST_SKIP() << refused;
  WriteRemote("known/file", Pattern(2 * kMiB));
  for (int i = 0; i < 3000; ++i) {
    WriteRemote(absl::StrCat("later/a name that takes some place in the index ", i), "");
  }
  WriteRemote("later/file", Pattern(3 * kMiB, 1));
  Mount({"--cache-size", "40MiB", "--min-free", "0"});
  EXPECT_EQ(ListAll(Path("known")).size(), 1u);
  ASSERT_TRUE(ReadAll(Path("known/file")) == Pattern(2 * kMiB));
  ASSERT_TRUE(Within(absl::Seconds(10), [&] { return CachedBytes() == 2 * kMiB; }));
  const std::string hog = disk_ + "/of another";
  std::ofstream(hog) << std::string(60 * kMiB, 'x') << std::flush;
  ASSERT_LT(DiskFree(), 100'000u);
  (void)std::distance(std::filesystem::directory_iterator(Path("later"), ignored_),
                      std::filesystem::directory_iterator());
  EXPECT_TRUE(Within(absl::Seconds(10), [&] {
    return absl::StrContains(StatusText(), "No space left on device");
  })) << StatusText();
  EXPECT_TRUE(ReadAll(Path("known/file")) == Pattern(2 * kMiB));
  std::filesystem::remove(hog);
  EXPECT_TRUE(Within(absl::Seconds(30), [&] {
    return !absl::StrContains(StatusText(), "No space left on device");
  })) << StatusText();
  EXPECT_EQ(ListAll(Path("later")).size(), 3001u);
  EXPECT_TRUE(ReadAll(Path("later/file")) == Pattern(3 * kMiB, 1));
  EXPECT_TRUE(Within(absl::Seconds(10), [&] { return CachedBytes() == 5 * kMiB; }));
  // What was written after it was opened anew is there at the next start, too.
  Unmount();
  Mount({"--cache-size", "40MiB", "--min-free", "0"});
  EXPECT_TRUE(Within(absl::Seconds(10), [&] { return CachedBytes() == 5 * kMiB; }));
}

TEST_F(DiskTest, ADeadDiskCostsTheCacheNotTheMount) {
  const std::string refused = MountExt4(200);
  if (!refused.empty()) GTEST_SKIP() << refused;
  for (int i = 0; i < 4; ++i) WriteRemote(absl::StrCat("large-", i), Pattern(3 * kMiB, i));
  for (int i = 0; i < 20; ++i) WriteRemote(absl::StrCat("small-", i), Pattern(50'000, i));
  Mount({"--cache-size", "100MiB", "--min-free", "0", "--passthrough", "off"});
  const auto read_all = [&] {
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(ReadAll(Path(absl::StrCat("large-", i))) == Pattern(3 * kMiB, i)) << i;
    }
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(ReadAll(Path(absl::StrCat("small-", i))) == Pattern(50'000, i)) << i;
    }
  };
  read_all();
  ASSERT_TRUE(Within(absl::Seconds(10), [&] { return CachedBytes() == 12 * kMiB + 1'000'000; }));
  // From here on the filesystem answers all that it does not have in memory by EIO.
  const int fd = open(disk_.c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  constexpr unsigned long kShutdown = _IOR('X', 125, uint32_t);  // EXT4_IOC_SHUTDOWN
  uint32_t without_flushing = 2;
  const int shut = ioctl(fd, kShutdown, &without_flushing);
  close(fd);
  if (shut != 0) GTEST_SKIP() << "this kernel can't shut an ext4 down: " << strerror(errno);
  for (int i = 0; i < 4; ++i) DropPageCache(Path(absl::StrCat("large-", i)));
  std::ofstream("/proc/sys/vm/drop_caches") << "1\n";
  read_all();
  read_all();
}

TEST_F(DiskTest, OthersThatFillTheDiskAreGivenWay) {
  const std::string refused = MountExt4(200);
  if (!refused.empty()) GTEST_SKIP() << refused;
  for (int i = 0; i < 30; ++i) WriteRemote(absl::StrCat("file-", i), Pattern(3 * kMiB, i));
  Mount({"--cache-size", "150MiB", "--min-free", "40MiB"});
  ASSERT_EQ(Larder({"warm", Path()}).exit_status, 0);
  ASSERT_EQ(CachedBytes(), 90 * kMiB);
  ASSERT_GE(DiskFree(), 40 * kMiB);
  std::ofstream(disk_ + "/of another") << std::string(60 * kMiB, 'x') << std::flush;
  EXPECT_TRUE(Within(absl::Seconds(20), [&] { return DiskFree() >= 40 * kMiB; }))
      << DiskFree() / kMiB << " MiB are free";
  EXPECT_GT(CachedBytes(), 10 * kMiB) << "more was dropped than had to be";
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(ReadAll(Path(absl::StrCat("file-", i))) == Pattern(3 * kMiB, i));
  }
  EXPECT_GE(DiskFree(), 40 * kMiB) << "our own writes went below --min-free";
}

}  // namespace
}  // namespace larder::testing

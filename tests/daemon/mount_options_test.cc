// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/mount_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/testing/temp_dir.h"

namespace larder {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr uint64_t kGiB = 1 << 30;

class MountOptionsTest : public ::testing::Test {
 protected:
  MountOptionsTest() {
    machine_.uid = 0;
    machine_.gid = 0;
    machine_.working_folder = "/home/me";
    machine_.cache_home = "/home/ada/.cache";
    machine_.memory_bytes = 64 * kGiB;
    machine_.disk_bytes = [](const std::string&) { return absl::StatusOr<uint64_t>(1000 * kGiB); };
    arguments_.source = "/data/set";
    arguments_.mountpoint = folder_.path();
  }
  absl::StatusOr<MountOptions> Check() const { return CheckMountArguments(arguments_, machine_); }
  std::string Refusal() const {
    const auto options = Check();
    EXPECT_TRUE(absl::IsInvalidArgument(options.status())) << options.status();
    return std::string(options.status().message());
  }

  testing::TempDir folder_;
  Machine machine_;
  MountArguments arguments_;
};

TEST_F(MountOptionsTest, DefaultsOfRoot) {
  const auto options = Check();
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->source, "/data/set");
  EXPECT_EQ(options->mountpoint, folder_.path());
  EXPECT_THAT(options->cache.folder, MatchesRegex("/var/cache/larder/[0-9a-f]{16}"));
  EXPECT_EQ(options->cache.capacity_bytes, 500 * kGiB);
  EXPECT_EQ(options->cache.min_free_bytes, 20 * kGiB);
  EXPECT_EQ(options->cache.memory_bytes, kGiB);
  EXPECT_EQ(options->metadata_ttl, absl::Seconds(60));
  EXPECT_EQ(options->negative_ttl, absl::Seconds(5));
  EXPECT_EQ(options->ownership.umask, 022);
  EXPECT_TRUE(options->allow_other);
  EXPECT_TRUE(options->passthrough);
  EXPECT_TRUE(options->readahead);
}

TEST_F(MountOptionsTest, DefaultsOfUsersOnSmallMachines) {
  machine_.uid = 1000;
  machine_.gid = 100;
  machine_.memory_bytes = 4 * kGiB;
  machine_.disk_bytes = [](const std::string&) { return absl::StatusOr<uint64_t>(100 * kGiB); };
  const auto options = Check();
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->cache.folder, MatchesRegex("/home/ada/.cache/larder/[0-9a-f]{16}"));
  EXPECT_EQ(options->cache.min_free_bytes, 5 * kGiB);
  EXPECT_EQ(options->cache.memory_bytes, kGiB / 2);
  EXPECT_EQ(options->ownership.uid, 1000);
  EXPECT_EQ(options->ownership.gid, 100);
  EXPECT_FALSE(options->allow_other);
}

TEST_F(MountOptionsTest, EachMountHasACacheFolderOfItsOwn) {
  const std::string first = Check()->cache.folder;
  EXPECT_EQ(Check()->cache.folder, first);
  arguments_.source = "/data/other";
  EXPECT_NE(Check()->cache.folder, first);
  arguments_.source = "/data/set";
  arguments_.mountpoint += "/below";
  EXPECT_NE(Check()->cache.folder, first);
}

TEST_F(MountOptionsTest, EverythingCanBeSaid) {
  arguments_.source = "s3://bucket/prefix/";
  arguments_.cache_dir = "cache";
  arguments_.cache_size = "10%";
  arguments_.min_free = "1GiB";
  arguments_.memory = "256MiB";
  arguments_.metadata_ttl = "infinite";
  arguments_.immutable = true;
  arguments_.endpoint_url = "http://127.0.0.1:9000";
  arguments_.region = "eu-west-1";
  arguments_.profile = "training";
  arguments_.anonymous = true;
  arguments_.ca_bundle = "ca.pem";
  arguments_.header_file = "/etc/headers";
  arguments_.netrc_file = "netrc";
  arguments_.uid = "root";
  arguments_.gid = "7";
  arguments_.umask = "077";
  arguments_.allow_other = false;
  arguments_.passthrough = "off";
  arguments_.readahead = "off";
  arguments_.log_level = "debug";
  const auto options = Check();
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->source, "s3://bucket/prefix");
  EXPECT_EQ(options->cache.folder, "/home/me/cache");
  EXPECT_EQ(options->cache.capacity_bytes, 100 * kGiB);
  EXPECT_EQ(options->cache.min_free_bytes, kGiB);
  EXPECT_EQ(options->cache.memory_bytes, kGiB / 4);
  EXPECT_EQ(options->metadata_ttl, absl::InfiniteDuration());
  EXPECT_TRUE(options->immutable);
  EXPECT_EQ(options->store.endpoint_url, "http://127.0.0.1:9000");
  EXPECT_EQ(options->store.region, "eu-west-1");
  EXPECT_EQ(options->store.profile, "training");
  EXPECT_TRUE(options->store.anonymous);
  EXPECT_EQ(options->store.ca_bundle, "/home/me/ca.pem");
  EXPECT_EQ(options->store.header_file, "/etc/headers");
  EXPECT_EQ(options->store.netrc_file, "/home/me/netrc");
  EXPECT_EQ(options->ownership.uid, 0);
  EXPECT_EQ(options->ownership.gid, 7);
  EXPECT_EQ(options->ownership.umask, 077);
  EXPECT_FALSE(options->allow_other);
  EXPECT_FALSE(options->passthrough);
  EXPECT_FALSE(options->readahead);
}

TEST_F(MountOptionsTest, NegativeNamesAreNeverKeptLongerThanNames) {
  arguments_.metadata_ttl = "1s";
  EXPECT_EQ(Check()->negative_ttl, absl::Seconds(1));
}

TEST_F(MountOptionsTest, WrongValuesAreNamedWithTheirOptions) {
  const struct {
    std::string MountArguments::*field;
    const char* option;
    const char* value;
    const char* right;
  } cases[] = {
      {&MountArguments::cache_size, "--cache-size", "10XB", "100GiB"},
      {&MountArguments::cache_size, "--cache-size", "1MiB", "32MiB or more"},
      {&MountArguments::min_free, "--min-free", "x", "100GiB"},
      {&MountArguments::memory, "--memory", "50%", "1GiB"},
      {&MountArguments::memory, "--memory", "1MiB", "16MiB or more"},
      {&MountArguments::memory, "--memory", "lots", "1GiB"},
      {&MountArguments::metadata_ttl, "--metadata-ttl", "60", "30s"},
      {&MountArguments::uid, "--uid", "no-such-user-here", "user's name"},
      {&MountArguments::gid, "--gid", "no-such-group-here", "group's name"},
      {&MountArguments::umask, "--umask", "9", "octal"},
      {&MountArguments::umask, "--umask", "7777", "octal"},
      {&MountArguments::passthrough, "--passthrough", "on", "auto or off"},
      {&MountArguments::readahead, "--readahead", "1", "auto or off"},
      {&MountArguments::log_level, "--log-level", "loud", "debug, info"},
      {&MountArguments::source, "source", "ftp://host/x", "s3://"},
      {&MountArguments::source, "source", "", "s3://"},
  };
  for (const auto& c : cases) {
    MountArguments wrong = arguments_;
    wrong.*c.field = c.value;
    std::swap(arguments_, wrong);
    EXPECT_THAT(Refusal(), AllOf(HasSubstr(c.option), HasSubstr(c.value), HasSubstr(c.right)));
    std::swap(arguments_, wrong);
  }
}

TEST_F(MountOptionsTest, ASourceHoldsNeitherItsMountpointNorItsCache) {
  arguments_.source = "/data/set";
  arguments_.mountpoint = folder_.path();
  arguments_.cache_dir = "/data/set/cache/";
  EXPECT_THAT(Refusal(), HasSubstr("--cache-dir /data/set/cache lies in the source /data/set"));
  arguments_.cache_dir = "/data/set-cache";
  EXPECT_TRUE(Check().ok()) << Check().status();
  arguments_.source = folder_.path();
  arguments_.mountpoint = folder_.path() + "/mnt";
  EXPECT_THAT(Refusal(), HasSubstr("the mountpoint"));
  std::filesystem::create_symlink(folder_.path(), folder_.path() + "-link");
  arguments_.source = folder_.path() + "-link";
  EXPECT_THAT(Refusal(), HasSubstr("the mountpoint"));
  std::filesystem::remove(folder_.path() + "-link");
  arguments_.source = "/";
  EXPECT_THAT(Refusal(), HasSubstr("lies in the source /"));
}

TEST_F(MountOptionsTest, AMountpointBelowNothingIsNotFound) {
  arguments_.mountpoint = folder_.path() + "/no/mnt";
  EXPECT_TRUE(absl::IsNotFound(Check().status()));
}

class MachineTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path full = root_.path() + path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  testing::TempDir root_;
};

TEST_F(MachineTest, MemoryIsTheMachinesWithoutACgroup) {
  EXPECT_EQ(MemoryBytes(root_.path()), 0);
  Write("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");
  EXPECT_EQ(MemoryBytes(root_.path()), 8 * kGiB);
}

TEST_F(MachineTest, MemoryIsTheLeastLimitAbove) {
  Write("/proc/meminfo", "MemTotal:        8388608 kB\n");
  Write("/proc/self/cgroup", "0::/outer/inner\n");
  Write("/sys/fs/cgroup/outer/inner/memory.max", "max\n");
  EXPECT_EQ(MemoryBytes(root_.path()), 8 * kGiB);
  Write("/sys/fs/cgroup/outer/memory.max", "2147483648\n");
  EXPECT_EQ(MemoryBytes(root_.path()), 2 * kGiB);
  Write("/sys/fs/cgroup/outer/inner/memory.max", "1073741824\n");
  EXPECT_EQ(MemoryBytes(root_.path()), kGiB);
}

TEST_F(MachineTest, OldCgroupsCountToo) {
  Write("/proc/meminfo", "MemTotal:        8388608 kB\n");
  Write("/proc/self/cgroup", "9:cpu,cpuacct:/job\n4:memory:/job\n0::/\n");
  Write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "3221225472\n");
  EXPECT_EQ(MemoryBytes(root_.path()), 3 * kGiB);
}

TEST_F(MachineTest, ADiskIsFoundFromAPathThatIsNotThereYet) {
  const auto disk = DiskBytes(root_.path());
  ASSERT_TRUE(disk.ok()) << disk.status();
  EXPECT_GT(*disk, 0);
  EXPECT_EQ(DiskBytes(root_.path() + "/not/there").value(), *disk);
}

}  // namespace
}  // namespace larder

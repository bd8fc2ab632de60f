// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/mount_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace larder::fuse {
namespace {

constexpr char kTable[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "40 27 0:50 / /mnt/data ro,nosuid,nodev shared:9 master:2 - fuse.larder s3://bucket/a ro\n"
    "41 27 0:51 / /mnt/with\\040space\\134x ro - fuse.larder http://host/a\\040b ro\n"
    "42 40 0:52 / /mnt/data ro - tmpfs over ro\n"
    "garbage\n"
    "43 27 0:53 / /cut\n";

TEST(MountTableTest, LinesAreParsedAndUnescaped) {
  const auto table = ParseMountTable(kTable);
  ASSERT_EQ(table.size(), 5);
  EXPECT_EQ(table[2].device, "0:50");
  EXPECT_EQ(table[2].mountpoint, "/mnt/data");
  EXPECT_EQ(table[2].type, "fuse.larder");
  EXPECT_EQ(table[2].source, "s3://bucket/a");
  EXPECT_EQ(table[3].mountpoint, "/mnt/with space\\x");
  EXPECT_EQ(table[3].source, "http://host/a b");
}

TEST(MountTableTest, TheTopMountCounts) {
  const auto table = ParseMountTable(kTable);
  EXPECT_EQ(FindMount(table, "/mnt/data")->type, "tmpfs");
  EXPECT_FALSE(FindMount(table, "/mnt").has_value());
}

TEST(MountTableTest, APathLiesOnTheLongestMountpointAboveIt) {
  const auto table = ParseMountTable(kTable);
  EXPECT_EQ(FindMountOf(table, "/mnt/data/x/y")->type, "tmpfs");
  EXPECT_EQ(FindMountOf(table, "/mnt/with space\\x")->type, "fuse.larder");
  EXPECT_EQ(FindMountOf(table, "/mnt/database")->mountpoint, "/");
  EXPECT_EQ(FindMountOf(table, "/proc")->type, "proc");
}

// Not "/", which is no mount in a chroot.
TEST(MountTableTest, ThisProcessHasAProcfs) {
  const auto table = ReadMountTable();
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE(FindMount(*table, "/proc").has_value());
}

TEST(MountTableTest, MountpointsAreMadeAbsolute) {
  char name[] = "/tmp/larder-mount-table-XXXXXX";
  const std::string folder = mkdtemp(name);
  ASSERT_EQ(symlink(folder.c_str(), (folder + "/link").c_str()), 0);
  EXPECT_EQ(ResolveMountpoint(folder + "/").value(), folder);
  EXPECT_EQ(ResolveMountpoint(folder + "/link").value(), folder);
  EXPECT_EQ(ResolveMountpoint(folder + "/link/./new").value(), folder + "/new");
  EXPECT_EQ(ResolveMountpoint("/").value(), "/");
  EXPECT_FALSE(ResolveMountpoint("").ok());
  EXPECT_TRUE(absl::IsNotFound(ResolveMountpoint(folder + "/no/new").status()));
  unlink((folder + "/link").c_str());
  rmdir(folder.c_str());
}

}  // namespace
}  // namespace larder::fuse

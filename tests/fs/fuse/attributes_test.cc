// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/attributes.h"

#include <gtest/gtest.h>

#include "fs/fuse/passthrough_support.h"

namespace larder::fuse {
namespace {

TEST(AttributesTest, FilesAreNotExecutableFoldersAre) {
  fs::Node node;
  node.inode = 5;
  node.size = 513;
  node.mtime = absl::FromUnixMillis(1500);
  const Ownership ownership = {.uid = 3, .gid = 4, .umask = 027};
  struct stat st = ToStat(node, ownership);
  EXPECT_EQ(st.st_mode, mode_t{S_IFREG | 0640});
  EXPECT_EQ(st.st_ino, 5);
  EXPECT_EQ(st.st_uid, 3);
  EXPECT_EQ(st.st_gid, 4);
  EXPECT_EQ(st.st_nlink, 1);
  EXPECT_EQ(st.st_size, 513);
  EXPECT_EQ(st.st_blocks, 2);
  EXPECT_EQ(st.st_blksize, 1 << 20);
  EXPECT_EQ(st.st_mtim.tv_sec, 1);
  EXPECT_EQ(st.st_mtim.tv_nsec, 500000000);

  node.kind = remote::EntryKind::kFolder;
  node.mtime = absl::InfinitePast();
  st = ToStat(node, ownership);
  EXPECT_EQ(st.st_mode, mode_t{S_IFDIR | 0750});
  EXPECT_EQ(st.st_nlink, 2);
  EXPECT_EQ(st.st_mtim.tv_sec, 0);

  node.kind = remote::EntryKind::kSymlink;
  EXPECT_EQ(ToStat(node, ownership).st_mode, mode_t{S_IFLNK | 0777});
}

TEST(AttributesTest, TimeoutsAreBounded) {
  EXPECT_EQ(ToTimeout(absl::Milliseconds(1500)), 1.5);
  EXPECT_EQ(ToTimeout(-absl::Seconds(1)), 0);
  EXPECT_EQ(ToTimeout(absl::InfiniteDuration()), 10.0 * 365 * 24 * 3600);
}

TEST(PassthroughStateTest, SaysTheFirstReasonAgainstIt) {
  PassthroughConditions conditions;
  conditions.wanted = false;
  EXPECT_EQ(PassthroughState(conditions), "off: --passthrough=off");
  conditions.wanted = true;
  EXPECT_EQ(PassthroughState(conditions), "off: needs CAP_SYS_ADMIN");
  conditions.admin = true;
  EXPECT_EQ(PassthroughState(conditions), "off: needs Linux 6.9 with CONFIG_FUSE_PASSTHROUGH");
  conditions.stacked_filesystem = "overlayfs";
  EXPECT_EQ(PassthroughState(conditions),
            "off: the cache lies on overlayfs, a stacked filesystem; put --cache-dir on a disk");
  conditions.stacked_filesystem = "";
  conditions.kernel = true;
  EXPECT_EQ(PassthroughState(conditions), "on");
}

}  // namespace
}  // namespace larder::fuse

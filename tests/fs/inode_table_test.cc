// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/inode_table.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace larder::fs {
namespace {

// An id whose first 64 bits are `prefix`.
Digest IdOf(uint64_t prefix, uint8_t last = 0) {
  Digest id;
  for (int i = 0; i < 8; ++i) id.bytes[i] = static_cast<uint8_t>(prefix >> (8 * (7 - i)));
  id.bytes[15] = last;
  return id;
}

Inode InodeAt(const std::string& path, const Digest& id) { return {.path = path, .id = id}; }

TEST(InodeTableTest, NumberIsTheIdsPrefix) {
  InodeTable table(IdOf(99));
  EXPECT_EQ(table.Add(InodeAt("a", IdOf(500))), 500u);
  EXPECT_EQ(table.Find(500)->path, "a");
  EXPECT_EQ(table.Find(kRootInode)->kind, remote::EntryKind::kFolder);
}

TEST(InodeTableTest, NumbersZeroAndOneAreNotGivenOut) {
  InodeTable table(IdOf(99));
  EXPECT_EQ(table.Add(InodeAt("a", IdOf(0))), 2u);
  EXPECT_EQ(table.Add(InodeAt("b", IdOf(1))), 3u);
}

TEST(InodeTableTest, CollisionOfLiveInodesTakesTheNextNumber) {
  InodeTable table(IdOf(99));
  EXPECT_EQ(table.Add(InodeAt("a", IdOf(500, 1))), 500u);
  EXPECT_EQ(table.Add(InodeAt("b", IdOf(500, 2))), 501u);
  EXPECT_EQ(table.Add(InodeAt("b", IdOf(500, 2))), 501u);
  EXPECT_EQ(table.Add(InodeAt("a", IdOf(500, 1))), 500u);
  EXPECT_EQ(table.Add(InodeAt("c", IdOf(UINT64_MAX, 1))), UINT64_MAX);
  EXPECT_EQ(table.Add(InodeAt("d", IdOf(UINT64_MAX, 2))), 2u);
}

TEST(InodeTableTest, ForgetDropsAtZero) {
  InodeTable table(IdOf(99));
  table.Add(InodeAt("a", IdOf(500)));
  table.Add(InodeAt("a", IdOf(500)));
  table.Forget(500, 1);
  EXPECT_TRUE(table.Find(500));
  table.Forget(500, 1);
  EXPECT_FALSE(table.Find(500));
  table.Forget(500, 1);
  table.Forget(kRootInode, 100);
  EXPECT_TRUE(table.Find(kRootInode));
  EXPECT_EQ(table.size(), 1u);
}

TEST(InodeTableTest, AnotherVersionMakesTheFormerOneOld) {
  InodeTable table(IdOf(99));
  table.Add(InodeAt("a", IdOf(500)));
  table.Add(InodeAt("a", IdOf(600)));
  EXPECT_TRUE(table.Find(500)->old);
  EXPECT_FALSE(table.Find(600)->old);
  table.Add(InodeAt("a", IdOf(500)));
  EXPECT_FALSE(table.Find(500)->old);
  EXPECT_TRUE(table.Find(600)->old);
  // The path's name in the table does not die with an inode that is old.
  table.Forget(600, 1);
  const Digest other = IdOf(700);
  table.SetCurrent("a", &other);
  EXPECT_TRUE(table.Find(500)->old);
  const Digest same = IdOf(500);
  table.SetCurrent("a", &same);
  EXPECT_FALSE(table.Find(500)->old);
  table.SetCurrent("a", nullptr);
  EXPECT_TRUE(table.Find(500)->old);
  table.SetCurrent("unknown", nullptr);
}

TEST(InodeTableTest, ManyThreadsCountRight) {
  InodeTable table(IdOf(99));
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&table, t] {
      for (uint64_t i = 0; i < 1000; ++i) {
        // Two versions of each path; all threads race on them.
        const InodeNumber number =
            table.Add(InodeAt(std::to_string(i % 10), IdOf(1000 + i % 10 + 100 * (t % 2))));
        EXPECT_TRUE(table.Find(number));
        table.Forget(number, 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.size(), 1u);
}

}  // namespace
}  // namespace larder::fs

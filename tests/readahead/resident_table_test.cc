// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "readahead/resident_table.h"

#include <map>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace larder::readahead {
namespace {

// All keys of a queue in the order in which a hand meets them, from where it stands.
std::vector<uint64_t> GoRound(ResidentTable& table, uint32_t queue, ResidentTable::Hand hand) {
  std::vector<uint64_t> keys;
  uint64_t steps = table.slots(queue);
  for (uint64_t left = table.objects(queue); left > 0; --left) {
    const ResidentTable::Slot slot = table.Next(queue, hand, &steps);
    if (slot == ResidentTable::kNone) break;
    keys.push_back(table.at(slot).key);
  }
  return keys;
}

TEST(ResidentTableTest, KeepsOrderAndBooksThroughAnyInsertsAndErases) {
  ResidentTable table;
  const uint32_t queues[] = {table.AddQueue(), table.AddQueue()};
  std::map<uint64_t, uint64_t> order[2];  // when it came -> key
  std::map<uint64_t, std::pair<int, uint64_t>> present;
  std::mt19937_64 random(3);
  uint64_t came = 0;
  for (int round = 0; round < 60000; ++round) {
    const uint64_t key = random() % 9000;
    const int queue = key % 2;
    const auto found = present.find(key);
    ASSERT_EQ(table.Find(key) != ResidentTable::kNone, found != present.end());
    // Grows to thousands of objects, and then shrinks to few, so that segments merge.
    const bool insert = random() % 8 < (round < 30000 ? 6u : 2u);
    if (found == present.end() && insert) {
      table.SetUnits(table.Insert(key, queues[queue]), key + 1);
      order[queue][++came] = key;
      present[key] = {queue, came};
    } else if (found != present.end() && !insert) {
      table.Erase(table.Find(key));
      order[queue].erase(found->second.second);
      present.erase(found);
    }
    if (round % 5000 != 4999) continue;
    for (int q = 0; q < 2; ++q) {
      uint64_t units = 0;
      std::vector<uint64_t> expected;
      for (const auto& [when, key_then] : order[q]) {
        expected.push_back(key_then);
        units += key_then + 1;
      }
      ASSERT_EQ(table.objects(queues[q]), expected.size());
      ASSERT_EQ(table.units(queues[q]), units);
      ASSERT_EQ(GoRound(table, queues[q], ResidentTable::kSweep), expected);
      EXPECT_LE(table.slots(queues[q]), 2 * expected.size() + 4 * 1025);
    }
  }
}

TEST(ResidentTableTest, AHandMeetsEachObjectOnceARoundWhileOthersGo) {
  ResidentTable table;
  const uint32_t queue = table.AddQueue();
  for (uint64_t key = 0; key < 10000; ++key) table.Insert(key, queue);
  uint64_t steps = UINT64_MAX;
  // Every object that is met goes, and one of five ahead of it with it, unseen.
  uint64_t expected = 0;
  while (table.objects(queue) > 0) {
    const ResidentTable::Slot slot = table.Next(queue, ResidentTable::kDead, &steps);
    ASSERT_EQ(table.at(slot).key, expected);
    table.Erase(slot);
    ++expected;
    if (expected % 5 == 4) {
      table.Erase(table.Find(expected));
      ++expected;
    }
  }
  EXPECT_EQ(table.memory_bytes() < 400000, true) << "segments are given back";
}

TEST(ResidentTableTest, WhatComesBehindAHandThatWentRoundIsNotMetFirst) {
  ResidentTable table;
  const uint32_t queue = table.AddQueue();
  for (uint64_t key = 0; key < 3; ++key) table.Insert(key, queue);
  EXPECT_EQ(GoRound(table, queue, ResidentTable::kSieve), (std::vector<uint64_t>{0, 1, 2}));
  table.Insert(3, queue);
  EXPECT_EQ(GoRound(table, queue, ResidentTable::kSieve), (std::vector<uint64_t>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace larder::readahead

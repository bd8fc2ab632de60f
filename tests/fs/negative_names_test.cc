// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/negative_names.h"

#include "gtest/gtest.h"

namespace larder::fs {
namespace {

constexpr absl::Time kTime = absl::FromUnixSeconds(1'700'000'000);

TEST(NegativeNamesTest, KeepsTheNewestAnswer) {
  NegativeNames names(10);
  EXPECT_EQ(names.Find("a"), std::nullopt);
  names.Put("a", kTime);
  names.Put("a", kTime - absl::Seconds(1));
  EXPECT_EQ(names.Find("a"), kTime);
  names.Erase("a");
  names.Erase("a");
  EXPECT_EQ(names.Find("a"), std::nullopt);
}

TEST(NegativeNamesTest, LeastRecentlyUsedGivesWay) {
  NegativeNames names(2);
  names.Put("a", kTime);
  names.Put("b", kTime);
  EXPECT_TRUE(names.Find("a"));
  names.Put("c", kTime);
  EXPECT_FALSE(names.Find("b"));
  EXPECT_TRUE(names.Find("a"));
  EXPECT_TRUE(names.Find("c"));
}

}  // namespace
}  // namespace larder::fs

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/stat_ahead.h"

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

namespace larder::fs {
namespace {

std::string Name(size_t i) { return absl::StrFormat("%04d", i); }

// The names 0000 ... of a folder of `size` that follow `wish.after`.
std::vector<std::string> NamesFor(const StatAhead::Wish& wish, size_t size) {
  std::vector<std::string> names;
  for (size_t i = 0; i < size && names.size() < wish.count; ++i) {
    if (Name(i) > wish.after) names.push_back(Name(i));
  }
  return names;
}

TEST(StatAheadTest, WindowDoublesAlongAWalk) {
  StatAhead ahead;
  size_t begun = 0;
  size_t most = 0;
  for (size_t i = 0; i < 500; ++i) {
    const StatAhead::Wish wish = ahead.OnLookup("f", Name(i), true);
    if (wish.count == 0) continue;
    const std::vector<std::string> names = NamesFor(wish, 500);
    begun += names.size();
    if (!names.empty()) most = std::max(most, begun - i);
    ahead.Begun("f", wish, names);
  }
  EXPECT_EQ(begun, 499u);  // each once, and not the first
  EXPECT_EQ(most, StatAhead::kMaxWindow);
}

TEST(StatAheadTest, FirstLookupBeginsASmallWindow) {
  StatAhead ahead;
  const StatAhead::Wish wish = ahead.OnLookup("f", "0005", true);
  EXPECT_EQ(wish.after, "0005");
  EXPECT_EQ(wish.count, StatAhead::kFirstWindow);
  // While a wish is out there is no other.
  EXPECT_EQ(ahead.OnLookup("f", "0100", true).count, 0u);
}

TEST(StatAheadTest, KnownNamesElsewhereDoNotMoveTheWindow) {
  StatAhead ahead;
  EXPECT_EQ(ahead.OnLookup("f", "0100", false).count, 0u);
  const StatAhead::Wish wish = ahead.OnLookup("f", "0005", true);
  ahead.Begun("f", wish, NamesFor(wish, 500));
  EXPECT_EQ(ahead.OnLookup("f", "0100", false).count, 0u);
  EXPECT_EQ(ahead.OnLookup("f", "0006", false).after, "0009");
}

TEST(StatAheadTest, JumpStartsAgainSmall) {
  StatAhead ahead;
  for (size_t i = 0; i < 20; ++i) {
    const StatAhead::Wish wish = ahead.OnLookup("f", Name(i), true);
    if (wish.count > 0) ahead.Begun("f", wish, NamesFor(wish, 1000));
  }
  const StatAhead::Wish wish = ahead.OnLookup("f", "0900", true);
  EXPECT_EQ(wish.after, "0900");
  EXPECT_EQ(wish.count, StatAhead::kFirstWindow);
}

TEST(StatAheadTest, EndOfTheFolderEndsTheWishes) {
  StatAhead ahead;
  const StatAhead::Wish wish = ahead.OnLookup("f", "0000", true);
  ahead.Begun("f", wish, {"0001"});
  EXPECT_EQ(ahead.OnLookup("f", "0001", true).count, 0u);
}

TEST(StatAheadTest, FoldersAreForgottenInTheOrderOfTheirUse) {
  StatAhead ahead;
  for (size_t i = 0; i < 2 * StatAhead::kMaxFolders; ++i) {
    const StatAhead::Wish wish = ahead.OnLookup(Name(i), "a", true);
    EXPECT_EQ(wish.count, StatAhead::kFirstWindow);
    ahead.Begun(Name(i), wish, {"b", "c", "d", "e"});
  }
  EXPECT_EQ(ahead.OnLookup(Name(2 * StatAhead::kMaxFolders - 1), "b", false).after, "e");
  EXPECT_EQ(ahead.OnLookup(Name(0), "b", false).count, 0u);
}

}  // namespace
}  // namespace larder::fs

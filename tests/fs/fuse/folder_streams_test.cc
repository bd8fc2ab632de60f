// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/folder_streams.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace larder::fuse {
namespace {

constexpr fs::InodeNumber kFolder = 7;

std::vector<uint64_t> Give(FolderStreams& streams, FolderStreams::Position position,
                           const std::vector<std::string>& names) {
  std::vector<uint64_t> offsets;
  for (const std::string& name : names) {
    offsets.push_back(streams.Advance(kFolder, &position, name));
  }
  return offsets;
}

TEST(FolderStreamsTest, OffsetsLeadBackToTheirNames) {
  FolderStreams streams;
  const auto offsets = Give(streams, streams.Resolve(kFolder, 0), {"a", "b", "c"});
  const std::string names[] = {"a", "b", "c"};
  for (size_t i = 0; i < 3; ++i) {
    const auto position = streams.Resolve(kFolder, offsets[i]);
    EXPECT_TRUE(position.known);
    EXPECT_EQ(position.after, names[i]);
    EXPECT_EQ(position.ordinal, i + 1);
  }
}

TEST(FolderStreamsTest, OwnOffsetsAreTheStart) {
  FolderStreams streams;
  for (uint64_t offset : {0, 1, 2}) {
    const auto position = streams.Resolve(kFolder, offset);
    EXPECT_TRUE(position.known);
    EXPECT_EQ(position.ordinal, 0);
    EXPECT_EQ(position.after, "");
  }
  const auto offsets = Give(streams, streams.Resolve(kFolder, 2), {"a"});
  EXPECT_GT(offsets[0], FolderStreams::kOwnOffsets);
  EXPECT_LE(offsets[0], uint64_t{INT64_MAX});
}

TEST(FolderStreamsTest, NamesGivenAgainKeepTheirOffsets) {
  FolderStreams streams;
  const auto first = Give(streams, streams.Resolve(kFolder, 0), {"a", "b", "c", "d"});
  const auto again = Give(streams, streams.Resolve(kFolder, first[0]), {"b", "c", "d", "e"});
  EXPECT_EQ(again[0], first[1]);
  EXPECT_EQ(again[1], first[2]);
  EXPECT_EQ(again[2], first[3]);
  EXPECT_EQ(streams.Resolve(kFolder, again[3]).after, "e");
}

TEST(FolderStreamsTest, AChangedFolderLeavesOffsetsOfOthersAlone) {
  FolderStreams streams;
  const auto first = Give(streams, streams.Resolve(kFolder, 0), {"a", "b", "c"});
  // b is gone when another handle goes on after a.
  const auto again = Give(streams, streams.Resolve(kFolder, first[0]), {"c", "d"});
  EXPECT_EQ(streams.Resolve(kFolder, first[1]).after, "b");
  EXPECT_EQ(streams.Resolve(kFolder, first[2]).after, "c");
  EXPECT_EQ(streams.Resolve(kFolder, again[0]).after, "c");
  EXPECT_EQ(streams.Resolve(kFolder, again[1]).after, "d");
}

TEST(FolderStreamsTest, UnknownStreamsSayHowManyNamesToPassOver) {
  FolderStreams streams(/*seed=*/1);
  const auto offsets = Give(streams, streams.Resolve(kFolder, 0), {"a", "b"});
  FolderStreams restarted(/*seed=*/1000);
  auto position = restarted.Resolve(kFolder, offsets[1]);
  EXPECT_FALSE(position.known);
  EXPECT_EQ(position.ordinal, 2);
  // And from there a stream begins that knows the way back.
  position.known = true;
  position.after = "b";
  const uint64_t offset = restarted.Advance(kFolder, &position, "c");
  EXPECT_EQ(restarted.Resolve(kFolder, offset).after, "c");
  EXPECT_EQ(restarted.Resolve(kFolder, offset).ordinal, 3);
}

TEST(FolderStreamsTest, OffsetsOfAnotherFolderAreUnknown) {
  FolderStreams streams;
  const auto offsets = Give(streams, streams.Resolve(kFolder, 0), {"a"});
  EXPECT_FALSE(streams.Resolve(kFolder + 1, offsets[0]).known);
}

TEST(FolderStreamsTest, NamesAreBounded) {
  constexpr size_t kCapacity = 64 << 10;
  FolderStreams streams(0, kCapacity);
  std::vector<uint64_t> last;
  for (int run = 0; run < 100; ++run) {
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) names.push_back(absl::StrCat("run-", run, "-name-", i));
    last = Give(streams, streams.Resolve(kFolder, 0), names);
    EXPECT_LE(streams.bytes(), kCapacity);
  }
  EXPECT_EQ(streams.Resolve(kFolder, last[50]).after, "run-99-name-50");
}

TEST(FolderStreamsTest, LongListingsAreKeptInParts) {
  FolderStreams streams;
  auto position = streams.Resolve(kFolder, 0);
  const std::string long_part(200, 'x');
  std::vector<uint64_t> offsets;
  const size_t count = 2 * FolderStreams::kStreamBytes / long_part.size();
  for (size_t i = 0; i < count; ++i) {
    offsets.push_back(streams.Advance(kFolder, &position, absl::StrCat(long_part, i)));
  }
  for (size_t i = 0; i < count; i += 997) {
    const auto resolved = streams.Resolve(kFolder, offsets[i]);
    EXPECT_EQ(resolved.after, absl::StrCat(long_part, i));
    EXPECT_EQ(resolved.ordinal, i + 1);
  }
}

}  // namespace
}  // namespace larder::fuse

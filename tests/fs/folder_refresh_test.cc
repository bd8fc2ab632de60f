// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/folder_refresh.h"

#include "gtest/gtest.h"

namespace larder::fs {
namespace {

uint64_t NamesUntilDue(FolderRefresh* refresh, const index::FolderRecord& folder) {
  for (uint64_t names = 1; names < 100'000; ++names) {
    if (refresh->OnRevalidation("f", folder)) return names;
  }
  return 0;
}

TEST(FolderRefreshTest, IsDueOncePerListing) {
  FolderRefresh refresh;
  index::FolderRecord folder;
  folder.listing = 7;
  folder.entries = 100;
  EXPECT_EQ(NamesUntilDue(&refresh, folder), FolderRefresh::kMinNames);
  EXPECT_EQ(NamesUntilDue(&refresh, folder), 0u);
  folder.listing = 8;
  EXPECT_EQ(NamesUntilDue(&refresh, folder), FolderRefresh::kMinNames);
}

TEST(FolderRefreshTest, LargeFolderWaitsForAsManyNamesAsItHasPages) {
  FolderRefresh refresh;
  index::FolderRecord folder;
  folder.listing = 7;
  folder.entries = 1'300'000;
  EXPECT_EQ(NamesUntilDue(&refresh, folder), 1300u);
}

}  // namespace
}  // namespace larder::fs

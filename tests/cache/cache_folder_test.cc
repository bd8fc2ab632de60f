// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/cache_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace larder::cache {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CacheFolderTest : public ::testing::Test {
 protected:
  std::string Message(const absl::StatusOr<std::unique_ptr<CacheFolder>>& folder) {
    return std::string(folder.status().message());
  }
  larder::testing::TempDir parent_;
  const std::string path_ = parent_.path() + "/a/b/cache";
};

TEST_F(CacheFolderTest, AMissingFolderIsMadeForItsOwnerOnly) {
  ASSERT_TRUE(CacheFolder::Open(path_).ok());
  struct stat st;
  ASSERT_EQ(::stat(path_.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
  EXPECT_TRUE(CacheFolder::Open(path_).ok()) << "and opened again";
}

TEST_F(CacheFolderTest, AForeignFolderIsRefusedAndLeftAlone) {
  ASSERT_TRUE(MakeFolders(path_).ok());
  ASSERT_TRUE(WriteFileAtomically(path_ + "/thesis.tex", "dear").ok());
  const auto folder = CacheFolder::Open(path_);
  EXPECT_THAT(Message(folder), HasSubstr("is not empty and is no larder cache"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/lock"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/index"));
}

TEST_F(CacheFolderTest, AFolderInUseIsRefusedWithThePid) {
  const auto first = CacheFolder::Open(path_);
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(Message(CacheFolder::Open(path_)),
              HasSubstr("larder daemon with pid " + std::to_string(::getpid())));
}

TEST_F(CacheFolderTest, AFormatOfAnotherReleaseIsRefused) {
  ASSERT_TRUE(CacheFolder::Open(path_).ok());
  ASSERT_TRUE(WriteFileAtomically(path_ + "/VERSION", "larder cache format 9\n").ok());
  EXPECT_THAT(Message(CacheFolder::Open(path_)),
              AllOf(HasSubstr("has format 9"), HasSubstr("drop-cache --cache-dir " + path_)));
}

TEST_F(CacheFolderTest, ACacheOfAnyFormatIsDroppedAndBegunAnew) {
  for (const char* format : {"larder cache format 1\n", "larder cache format 9\n"}) {
    ASSERT_TRUE(CacheFolder::Open(path_).ok());
    ASSERT_TRUE(WriteFileAtomically(path_ + "/packs/0000000000000001", "bytes").ok());
    ASSERT_TRUE(WriteFileAtomically(path_ + "/VERSION", format).ok());
    const absl::Status dropped = CacheFolder::Drop(path_);
    EXPECT_TRUE(dropped.ok()) << dropped;
    EXPECT_TRUE(std::filesystem::is_empty(path_));
  }
  EXPECT_TRUE(CacheFolder::Open(path_).ok());
}

TEST_F(CacheFolderTest, OnlyACacheThatNobodyUsesIsDropped) {
  EXPECT_TRUE(absl::IsNotFound(CacheFolder::Drop(path_)));
  ASSERT_TRUE(MakeFolders(path_ + "/packs").ok());
  ASSERT_TRUE(WriteFileAtomically(path_ + "/packs/thesis.tex", "dear").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(CacheFolder::Drop(path_)));
  ASSERT_TRUE(WriteFileAtomically(path_ + "/VERSION", "3.1\n").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(CacheFolder::Drop(path_)));
  EXPECT_TRUE(std::filesystem::exists(path_ + "/packs/thesis.tex"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/lock"));

  const std::string cache = path_ + "2";
  const auto open = CacheFolder::Open(cache);
  ASSERT_TRUE(open.ok());
  EXPECT_THAT(std::string(CacheFolder::Drop(cache).message()),
              HasSubstr("in use by the larder daemon"));
  EXPECT_TRUE(std::filesystem::exists(cache + "/packs"));
}

TEST_F(CacheFolderTest, WhatIsNoCachesIsLeftAndNamed) {
  ASSERT_TRUE(CacheFolder::Open(path_).ok());
  ASSERT_TRUE(WriteFileAtomically(path_ + "/thesis.tex", "dear").ok());
  EXPECT_THAT(std::string(CacheFolder::Drop(path_).message()), HasSubstr("thesis.tex"));
  EXPECT_TRUE(std::filesystem::exists(path_ + "/thesis.tex"));
  std::filesystem::remove(path_ + "/thesis.tex");
  EXPECT_TRUE(CacheFolder::Drop(path_).ok()) << "and again";
}

TEST_F(CacheFolderTest, AStartThatWasCutShortIsNoForeignFolder) {
  std::filesystem::create_directories(path_);
  ASSERT_TRUE(WriteFileAtomically(path_ + "/VERSION.4711.tmp", "larder").ok());
  EXPECT_TRUE(CacheFolder::Open(path_).ok());
}

TEST_F(CacheFolderTest, TheLogIsWholeUnlessTheMachineWentDownUnderARun) {
  const auto left_whole = [&](const std::string& boot_id) {
    return (*CacheFolder::Open(path_))->LastRunLeftLogWhole(boot_id);
  };
  const auto run = [&](const std::string& boot_id, bool in_order) {
    const auto folder = CacheFolder::Open(path_);
    EXPECT_TRUE((*folder)->NoteRunning(boot_id).ok());
    EXPECT_TRUE(!in_order || (*folder)->NoteEnded().ok());
  };
  EXPECT_FALSE(left_whole("boot 1")) << "nobody has said so";
  run("boot 1", /*in_order=*/false);
  EXPECT_TRUE(left_whole("boot 1")) << "the daemon died, the machine did not";
  run("boot 1", /*in_order=*/false);
  EXPECT_FALSE(left_whole("boot 2"));
  run("boot 1", /*in_order=*/true);
  EXPECT_TRUE(left_whole("boot 2"));
  run("", /*in_order=*/false);
  EXPECT_FALSE(left_whole("")) << "a kernel that does not tell its boot id proves nothing";
}

TEST_F(CacheFolderTest, DroppedContentsLeaveAnUnmarkedEmptyCache) {
  const auto folder = CacheFolder::Open(path_);
  ASSERT_TRUE(folder.ok());
  ASSERT_TRUE(WriteFileAtomically((*folder)->PackPath(3), "x").ok());
  ASSERT_TRUE(WriteFileAtomically((*folder)->index_path() + "/CURRENT", "x").ok());
  EXPECT_TRUE(*(*folder)->HoldsFiles());
  ASSERT_TRUE((*folder)->MarkBroken().ok());
  EXPECT_TRUE((*folder)->IsMarkedBroken());
  ASSERT_TRUE((*folder)->DropContents().ok());
  EXPECT_FALSE((*folder)->IsMarkedBroken());
  EXPECT_FALSE(*(*folder)->HoldsFiles());
  EXPECT_TRUE(std::filesystem::is_empty((*folder)->index_path()));
}

TEST_F(CacheFolderTest, FileNamesHoldTheirIds) {
  const auto folder = CacheFolder::Open(path_);
  ASSERT_TRUE(folder.ok());
  const std::string path = (*folder)->PackPath(0xabc);
  EXPECT_EQ(CacheFolder::FileIdOf(std::filesystem::path(path).filename()), 0xabcu);
  EXPECT_EQ(CacheFolder::FileIdOf("notes"), 0u);
}

}  // namespace
}  // namespace larder::cache

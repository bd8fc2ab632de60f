// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "absl/strings/str_format.h"
#include "tests/fs/filesystem_fixture.h"

// Walking a tree for `warm`.

namespace larder::fs {
namespace {

using ::testing::ElementsAre;

class WalkTest : public FilesystemFixture {
 protected:
  explicit WalkTest(FakeStore::Listings listings = FakeStore::Listings::kWithEtags)
      : FilesystemFixture(listings) {
    Open();
  }
  std::vector<std::string> Walk(const std::string& path) {
    std::vector<std::string> visited;
    const absl::Status status =
        filesystem_->Walk(path, [&](const std::string& file, InodeNumber inode, uint64_t size) {
          EXPECT_TRUE(filesystem_->Open(inode).ok());
          visited.push_back(absl::StrFormat("%s %d", file, size));
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return visited;
  }
};

class NamesOnlyWalkTest : public WalkTest {
 protected:
  NamesOnlyWalkTest() : WalkTest(FakeStore::Listings::kNamesOnly) {}
};

TEST_F(WalkTest, WalkVisitsEveryFileBreadthFirst) {
  store_.PutFile("b", 1);
  store_.PutFile("a/x", 2);
  store_.PutFile("a/deep/y", 3);
  store_.PutFile("c/z", 4);
  store_.PutSymlink("link", "b");
  EXPECT_THAT(Walk(""), ElementsAre("b 1", "a/x 2", "c/z 4", "a/deep/y 3"));
  EXPECT_THAT(Walk("a"), ElementsAre("a/x 2", "a/deep/y 3"));
  EXPECT_THAT(Walk("a/deep/y"), ElementsAre("a/deep/y 3"));
  EXPECT_EQ(store_.lists(), 4u);
}

TEST_F(WalkTest, WalkOfNothingIsNotFound) {
  const auto visit = [](const std::string&, InodeNumber, uint64_t) { return absl::OkStatus(); };
  EXPECT_TRUE(absl::IsNotFound(filesystem_->Walk("nothing", visit)));
}

TEST_F(WalkTest, ErrorOfTheVisitEndsTheWalk) {
  store_.PutFile("a");
  store_.PutFile("b");
  int visits = 0;
  const absl::Status status = filesystem_->Walk("", [&](const std::string&, InodeNumber, uint64_t) {
    ++visits;
    return absl::ResourceExhaustedError("full");
  });
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(visits, 1);
}

TEST_F(WalkTest, FoldersToComeAreListedAhead) {
  for (int i = 0; i < 6; ++i) store_.PutFile(absl::StrFormat("%d/a", i));
  ASSERT_TRUE(Read(kRootInode).ok());
  store_.Hold();
  std::thread walker([this] { EXPECT_EQ(Walk("").size(), 6u); });
  store_.AwaitWaiting(6);
  store_.Release();
  walker.join();
  EXPECT_EQ(store_.lists(), 7u);
}

TEST_F(WalkTest, WalkLeavesNoInodesBehind) {
  store_.PutFile("a");
  InodeNumber visited = 0;
  ASSERT_TRUE(filesystem_
                  ->Walk("",
                         [&](const std::string&, InodeNumber inode, uint64_t) {
                           visited = inode;
                           return absl::OkStatus();
                         })
                  .ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(visited).status()));
}

TEST_F(WalkTest, ShutdownEndsAWalk) {
  store_.PutFile("a");
  store_.Hold();
  std::thread walker([this] {
    const auto visit = [](const std::string&, InodeNumber, uint64_t) { return absl::OkStatus(); };
    EXPECT_TRUE(absl::IsCancelled(filesystem_->Walk("", visit)));
  });
  store_.AwaitWaiting(1);
  filesystem_->Shutdown();
  walker.join();
}

TEST_F(NamesOnlyWalkTest, SizesAreAskedForInParallel) {
  for (int i = 0; i < 50; ++i) store_.PutFile(absl::StrFormat("%02d", i), 7);
  ASSERT_TRUE(Read(kRootInode).ok());
  store_.Hold();
  std::thread walker([this] {
    const std::vector<std::string> visited = Walk("");
    EXPECT_EQ(visited.size(), 50u);
    EXPECT_EQ(visited.front(), "00 7");
  });
  store_.AwaitWaiting(50);
  store_.Release();
  walker.join();
  EXPECT_EQ(store_.stats(), 50u);
}

}  // namespace
}  // namespace larder::fs

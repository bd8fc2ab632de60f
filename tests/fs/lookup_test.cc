// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/fs/filesystem_fixture.h"

// What names cost, and how long answers hold.

namespace larder::fs {
namespace {

using ::testing::ElementsAre;

class LookupTest : public FilesystemFixture {
 protected:
  LookupTest() { Open(); }
};

TEST_F(LookupTest, LookupInUnlistedFolderDoesNotList) {
  store_.PutFile("train/a.jpg", 10);
  store_.PutFile("train/b.jpg", 20);
  const NodeAnswer node = LookupPath("train/b.jpg");
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->size, 20u);
  EXPECT_EQ(node->kind, remote::EntryKind::kFile);
  EXPECT_EQ(node->mtime, absl::FromUnixSeconds(1'600'000'000));
  EXPECT_EQ(store_.lists(), 0u);
  EXPECT_EQ(store_.stats(), 2u);
}

TEST_F(LookupTest, FreshNameIsAnsweredFromTheCatalog) {
  store_.PutFile("a");
  EXPECT_EQ(Lookup(kRootInode, "a")->valid_for, absl::Seconds(60));
  clock_.Advance(absl::Seconds(59));
  EXPECT_EQ(Lookup(kRootInode, "a")->valid_for, absl::Seconds(1));
  EXPECT_EQ(store_.stats(), 1u);
}

TEST_F(LookupTest, OldNameIsRevalidatedByOneStat) {
  store_.PutFile("a");
  const InodeNumber inode = InodeOf("a");
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(InodeOf("a"), inode);
  EXPECT_EQ(store_.stats(), 2u);
  EXPECT_TRUE(store_.options_of("a").single_try);
  EXPECT_EQ(store_.options_of("a").deadline, options_.revalidation_deadline);
  EXPECT_EQ(Lookup(kRootInode, "a")->valid_for, absl::Seconds(60));
  EXPECT_EQ(store_.stats(), 2u);
}

TEST_F(LookupTest, UnknownNameWaitsForTheWholeDeadline) {
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "a").status()));
  EXPECT_FALSE(store_.options_of("a").single_try);
  EXPECT_EQ(store_.options_of("a").deadline, options_.deadline);
}

TEST_F(LookupTest, AbsentNameInListedFolderCostsNoRequest) {
  store_.PutFile("a");
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "b").status()));
  EXPECT_EQ(store_.stats(), 0u);
}

TEST_F(LookupTest, ListedNameIsLookedUpWithoutARequest) {
  store_.PutFile("a", 5);
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  EXPECT_EQ(Lookup(kRootInode, "a")->size, 5u);
  EXPECT_EQ(store_.stats(), 0u);
}

TEST_F(LookupTest, NameKnownToBeAbsentIsAskedForAfterARefresh) {
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "a").status()));
  clock_.Advance(absl::Milliseconds(1));
  filesystem_->Refresh("");
  store_.PutFile("a");
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(Lookup(kRootInode, "a").ok());
}

TEST_F(LookupTest, NegativeNameIsKeptForItsOwnTtl) {
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "a").status()));
  store_.PutFile("a");
  clock_.Advance(absl::Seconds(4));
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "a").status()));
  EXPECT_EQ(store_.stats(), 1u);
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Lookup(kRootInode, "a").ok());
}

TEST_F(LookupTest, NewObjectIsVisibleWithinOneTtlOfTheListing) {
  store_.PutFile("a");
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  store_.PutFile("b");
  // The kernel keeps a NotFound for negative_ttl: the last one without a request is given so much
  // earlier.
  clock_.Advance(options_.metadata_ttl - options_.negative_ttl - absl::Seconds(1));
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "b").status()));
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Lookup(kRootInode, "b").ok());
  EXPECT_EQ(store_.lists(), 1u);
}

TEST_F(LookupTest, RemovedObjectIsNotFoundAfterTheTtl) {
  store_.PutFile("a");
  ASSERT_TRUE(Lookup(kRootInode, "a").ok());
  store_.Remove("a");
  EXPECT_TRUE(Lookup(kRootInode, "a").ok());
  clock_.Advance(absl::Seconds(60));
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "a").status()));
  EXPECT_EQ(filesystem_->totals().objects, 0u);
}

TEST_F(LookupTest, ConcurrentLookupsOfOneNameAskOnce) {
  store_.PutFile("a");
  store_.Hold();
  std::vector<PendingNode> pending;
  pending.reserve(20);
  for (int i = 0; i < 20; ++i) pending.push_back(StartLookup(kRootInode, "a"));
  EXPECT_EQ(store_.stats(), 1u);
  store_.Release();
  for (PendingNode& one : pending) EXPECT_TRUE(one.Get().ok());
  EXPECT_EQ(store_.stats(), 1u);
}

TEST_F(LookupTest, LookupsFromManyThreadsAskOnce) {
  for (int i = 0; i < 50; ++i) store_.PutFile(std::to_string(i));
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(Lookup(kRootInode, std::to_string(i)).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_.stats(), 50u);
  EXPECT_EQ(filesystem_->totals().objects, 50u);
}

TEST_F(LookupTest, CancelEndsOneWaitAndNotTheRequest) {
  store_.PutFile("a");
  store_.Hold();
  PendingNode first = StartLookup(kRootInode, "a");
  PendingNode second = StartLookup(kRootInode, "a");
  ASSERT_NE(first.ticket, 0u);
  filesystem_->Cancel(first.ticket);
  ASSERT_TRUE(first.ready());
  EXPECT_TRUE(absl::IsCancelled(first.Get().status()));
  EXPECT_FALSE(second.ready());
  store_.Release();
  EXPECT_TRUE(second.Get().ok());
  filesystem_->Cancel(second.ticket);  // answered: nothing
}

TEST_F(LookupTest, ShutdownEndsWhatWaits) {
  store_.Hold();
  PendingNode pending = StartLookup(kRootInode, "a");
  filesystem_->Shutdown();
  EXPECT_TRUE(absl::IsCancelled(pending.Get().status()));
  EXPECT_TRUE(absl::IsCancelled(Lookup(kRootInode, "b").status()));
}

TEST_F(LookupTest, ErrorsOfTheRemoteAreNotAbsence) {
  store_.PutFile("a");
  store_.Fail(absl::PermissionDeniedError("no"));
  EXPECT_TRUE(absl::IsPermissionDenied(Lookup(kRootInode, "a").status()));
  store_.Fail(absl::OkStatus());
  EXPECT_TRUE(Lookup(kRootInode, "a").ok());
}

TEST_F(LookupTest, NamesThatPosixDoesNotHaveAreNotAskedFor) {
  for (const std::string& name :
       {std::string(""), std::string("."), std::string(".."), std::string("a/b"),
        std::string(256, 'x'), std::string("a\0b", 3)}) {
    EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, name).status()));
  }
  EXPECT_EQ(store_.stats(), 0u);
}

TEST_F(LookupTest, ImmutableNamesAreNeverRevalidated) {
  options_.immutable = true;
  Reopen();
  store_.PutFile("a");
  EXPECT_EQ(Lookup(kRootInode, "a")->valid_for, absl::InfiniteDuration());
  clock_.Advance(absl::Hours(1000));
  EXPECT_TRUE(Lookup(kRootInode, "a").ok());
  EXPECT_EQ(store_.stats(), 1u);
}

TEST_F(LookupTest, FileThatBecameAFolderAndBack) {
  store_.PutFile("a", 3);
  const InodeNumber file = InodeOf("a");
  store_.Remove("a");
  store_.PutFile("a/b", 4);
  clock_.Advance(absl::Seconds(60));
  const NodeAnswer folder = Lookup(kRootInode, "a");
  ASSERT_EQ(folder->kind, remote::EntryKind::kFolder);
  EXPECT_EQ(Lookup(folder->inode, "b")->size, 4u);
  EXPECT_THAT(Names(folder->inode), ElementsAre("b"));
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(file).status()));

  store_.Remove("a");
  store_.PutFile("a", 3);
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(InodeOf("a"), file);
  EXPECT_TRUE(filesystem_->Open(file).ok());
  // What was below is forgotten in the background.
  EXPECT_TRUE(Eventually([this] { return filesystem_->totals().objects == 1; }));

  store_.Remove("a");
  store_.PutFile("a/c", 5);
  clock_.Advance(absl::Seconds(60));
  EXPECT_THAT(Names(InodeOf("a")), ElementsAre("c"));
}

TEST_F(LookupTest, SymlinkKeepsItsTarget) {
  store_.PutSymlink("link", "some/where");
  const NodeAnswer node = Lookup(kRootInode, "link");
  ASSERT_EQ(node->kind, remote::EntryKind::kSymlink);
  EXPECT_EQ(node->size, 10u);
  EXPECT_EQ(*filesystem_->ReadLink(node->inode), "some/where");
  Reopen();
  EXPECT_EQ(*filesystem_->ReadLink(InodeOf("link")), "some/where");
  EXPECT_EQ(store_.stats(), 1u);
  EXPECT_TRUE(absl::IsInvalidArgument(filesystem_->ReadLink(kRootInode).status()));
}

TEST_F(LookupTest, ForgottenInodeIsUnknown) {
  store_.PutFile("a");
  const InodeNumber inode = InodeOf("a");
  EXPECT_EQ(InodeOf("a"), inode);
  filesystem_->Forget(inode, 1);
  EXPECT_TRUE(filesystem_->Open(inode).ok());
  filesystem_->Forget(inode, 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(inode).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Lookup(inode, "x").status()));
}

TEST_F(LookupTest, AnswersSurviveARestart) {
  store_.PutFile("f/a", 9);
  ASSERT_TRUE(LookupPath("f/a").ok());
  Reopen();
  EXPECT_EQ(LookupPath("f/a")->size, 9u);
  EXPECT_EQ(store_.stats(), 2u);
}

TEST_F(LookupTest, AnswerToAnOlderQuestionDoesNotUndoANewerOne) {
  store_.PutFile("a", 1, "\"1\"");
  store_.Hold();
  PendingNode late = StartLookup(kRootInode, "a");  // sees version 1
  store_.AwaitWaiting(1);
  store_.PutFile("a", 2, "\"2\"");
  clock_.Advance(absl::Seconds(1));
  std::future<EntriesAnswer> listing = StartRead(kRootInode, "", 10);  // sees version 2
  store_.AwaitWaiting(2);
  store_.ReleaseNewestFirst();
  EXPECT_EQ(listing.get()->at(0).node.size, 2u);
  EXPECT_EQ(late.Get()->size, 2u);
  EXPECT_EQ(Lookup(kRootInode, "a")->size, 2u);
}

}  // namespace
}  // namespace larder::fs

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/fs/filesystem_fixture.h"

// The remote can't be reached: what is known is served.

namespace larder::fs {
namespace {

using ::testing::ElementsAre;

class OfflineTest : public FilesystemFixture {
 protected:
  OfflineTest() { Open(); }
  void GoDown() { store_.Fail(absl::UnavailableError("connection refused")); }
  void ComeBack() { store_.Fail(absl::OkStatus()); }
};

TEST_F(OfflineTest, OneFailedRevalidationServesTheKnownAndGoesOffline) {
  store_.PutFile("a", 5);
  store_.PutFile("b", 6);
  const InodeNumber inode = InodeOf("a");
  InodeOf("b");
  clock_.Advance(absl::Hours(1));
  GoDown();
  EXPECT_EQ(filesystem_->state(), State::kOnline);
  const NodeAnswer node = Lookup(kRootInode, "a");
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->inode, inode);
  EXPECT_LE(node->valid_for, absl::Seconds(1));
  EXPECT_EQ(filesystem_->state(), State::kOffline);
  EXPECT_EQ(store_.stats(), 3u);
  // From now on nothing waits.
  store_.Hold();
  EXPECT_EQ(StartLookup(kRootInode, "b").ticket, 0u);
  EXPECT_EQ(StartLookup(kRootInode, "a").ticket, 0u);
  EXPECT_EQ(store_.stats(), 3u);
}

TEST_F(OfflineTest, ListingsAreServedHoweverOld) {
  store_.PutFile("a");
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  clock_.Advance(absl::Hours(1));
  GoDown();
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  EXPECT_EQ(store_.lists(), 2u);
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  EXPECT_TRUE(Read(kRootInode)->at(0).has_node);
  EXPECT_EQ(store_.lists(), 2u);
  // Absent in it is an answer too.
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "b").status()));
  EXPECT_EQ(store_.stats(), 0u);
}

TEST_F(OfflineTest, KnownAbsenceIsServedHoweverOld) {
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "x").status()));
  store_.PutFile("a");
  ASSERT_TRUE(Lookup(kRootInode, "a").ok());
  clock_.Advance(absl::Hours(1));
  GoDown();
  ASSERT_TRUE(Lookup(kRootInode, "a").ok());
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "x").status()));
  EXPECT_EQ(store_.stats_of("x"), 1u);
}

TEST_F(OfflineTest, UnknownNamesFailWithTheRemotesError) {
  GoDown();
  EXPECT_TRUE(absl::IsUnavailable(Lookup(kRootInode, "a").status()));
  EXPECT_EQ(store_.options_of("a").deadline, options_.deadline);
  EXPECT_TRUE(absl::IsUnavailable(Read(kRootInode).status()));
  EXPECT_EQ(filesystem_->state(), State::kOffline);
}

TEST_F(OfflineTest, WaitForAnUnknownNameCanBeCancelled) {
  GoDown();
  store_.Hold();
  PendingNode pending = StartLookup(kRootInode, "a");
  filesystem_->Cancel(pending.ticket);
  EXPECT_TRUE(absl::IsCancelled(pending.Get().status()));
}

TEST_F(OfflineTest, ProbeBringsItBackOnline) {
  options_.first_probe = absl::Milliseconds(1);
  options_.max_probe = absl::Milliseconds(4);
  Reopen();
  store_.PutFile("a", 5, "\"1\"");
  InodeOf("a");
  clock_.Advance(absl::Hours(1));
  GoDown();
  ASSERT_TRUE(Lookup(kRootInode, "a").ok());
  ASSERT_EQ(filesystem_->state(), State::kOffline);
  EXPECT_TRUE(Eventually([this] { return store_.stats_of("a") >= 5; }));
  EXPECT_TRUE(store_.options_of("a").single_try);
  EXPECT_EQ(filesystem_->state(), State::kOffline);
  store_.PutFile("a", 7, "\"2\"");
  ComeBack();
  EXPECT_TRUE(Eventually([this] { return filesystem_->state() == State::kOnline; }));
  EXPECT_EQ(Lookup(kRootInode, "a")->size, 7u);
}

TEST_F(OfflineTest, OneBrokenPathDoesNotKeepTheDatasetOffline) {
  options_.first_probe = absl::Milliseconds(1);
  options_.max_probe = absl::Milliseconds(4);
  Reopen();
  store_.PutFile("bad");
  store_.PutFile("good");
  ASSERT_TRUE(Lookup(kRootInode, "bad").ok());
  ASSERT_TRUE(Lookup(kRootInode, "good").ok());
  clock_.Advance(absl::Hours(1));
  store_.FailPath("bad", absl::UnavailableError("503"));
  EXPECT_TRUE(Lookup(kRootInode, "bad").ok());
  EXPECT_TRUE(Eventually([this] { return filesystem_->state() == State::kOnline; }));
}

TEST_F(OfflineTest, AnyAnswerBringsItBackOnline) {
  store_.PutFile("a");
  store_.PutFile("b");
  InodeOf("a");
  clock_.Advance(absl::Hours(1));
  GoDown();
  ASSERT_TRUE(Lookup(kRootInode, "a").ok());
  ASSERT_EQ(filesystem_->state(), State::kOffline);
  ComeBack();
  ASSERT_TRUE(Lookup(kRootInode, "b").ok());
  EXPECT_EQ(filesystem_->state(), State::kOnline);
  EXPECT_EQ(store_.stats_of("a"), 2u);
  ASSERT_TRUE(Lookup(kRootInode, "a").ok());
  EXPECT_EQ(store_.stats_of("a"), 3u);
}

TEST_F(OfflineTest, KnownNamesAreServedAfterARestartWhileTheRemoteIsDown) {
  store_.PutFile("f/a", 5);
  InodeOf("f/a");
  GoDown();
  clock_.Advance(absl::Hours(1));
  Reopen();
  EXPECT_EQ(LookupPath("f/a")->size, 5u);
}

TEST_F(OfflineTest, ShutdownEndsTheProbing) {
  options_.first_probe = absl::Milliseconds(1);
  options_.max_probe = absl::Milliseconds(1);
  Reopen();
  GoDown();
  EXPECT_FALSE(Lookup(kRootInode, "a").ok());
  store_.Hold();
  EXPECT_TRUE(Eventually([this] { return store_.waiting() > 0; }));
  filesystem_->Shutdown();
  EXPECT_EQ(store_.waiting(), 0u);
}

}  // namespace
}  // namespace larder::fs

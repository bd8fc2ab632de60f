// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "fs/stat_ahead.h"
#include "tests/fs/filesystem_fixture.h"

// Remotes whose listings have no sizes: attributes come from Stats.

namespace larder::fs {
namespace {

using ::testing::ElementsAre;

class NamesOnlyTest : public FilesystemFixture {
 protected:
  NamesOnlyTest() : FilesystemFixture(FakeStore::Listings::kNamesOnly) { Open(); }
  void PutFiles(int count) {
    for (int i = 0; i < count; ++i) store_.PutFile(absl::StrFormat("%03d", i), 100 + i);
  }
};

TEST_F(NamesOnlyTest, ReadingGivesNamesAndLookupsGiveAttributes) {
  store_.PutFile("a", 5);
  store_.PutFile("f/b", 6);
  const EntriesAnswer entries = Read(kRootInode);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_FALSE((*entries)[0].has_node);
  EXPECT_EQ((*entries)[0].kind, remote::EntryKind::kFile);
  EXPECT_NE((*entries)[0].inode, (*entries)[1].inode);
  EXPECT_TRUE((*entries)[1].has_node);
  EXPECT_EQ(store_.stats(), 0u);
  EXPECT_EQ(Lookup(kRootInode, "a")->size, 5u);
  EXPECT_EQ(store_.stats_of("a"), 1u);
  // Kept in the catalog, with the names.
  Reopen();
  EXPECT_TRUE(Read(kRootInode)->at(0).has_node);
  EXPECT_EQ(Lookup(kRootInode, "a")->size, 5u);
  EXPECT_EQ(store_.stats_of("a"), 1u);
}

TEST_F(NamesOnlyTest, NamesOnlyFolderIsStattedInParallel) {
  constexpr int kFiles = 200;
  PutFiles(kFiles);
  EXPECT_EQ(Names(kRootInode).size(), size_t{kFiles});
  // Each round of answers is one round trip. One lookup after another, as `ls -l` does.
  int round_trips = 0;
  for (int i = 0; i < kFiles; ++i) {
    store_.Hold();
    PendingNode pending = StartLookup(kRootInode, absl::StrFormat("%03d", i));
    if (!pending.ready()) {
      ++round_trips;
      store_.Release();
      // All that were asked for come together, however slow this machine is at handing them on.
      store_.AwaitAnswered();
    }
    EXPECT_EQ(pending.Get()->size, 100u + i);
    if (i == 100) {
      EXPECT_GE(store_.stats(), 101u + StatAhead::kMaxWindow / 2);
    }
    EXPECT_LE(store_.stats(), size_t(i) + 1 + StatAhead::kMaxWindow);
  }
  EXPECT_LE(round_trips, kFiles / 3);
  EXPECT_EQ(store_.stats(), size_t{kFiles});  // each once
}

TEST_F(NamesOnlyTest, LookupsInNoOrderAskForLittleMore) {
  constexpr int kFiles = 200;
  PutFiles(kFiles);
  EXPECT_EQ(Names(kRootInode).size(), size_t{kFiles});
  EXPECT_TRUE(Lookup(kRootInode, "150").ok());
  EXPECT_TRUE(Lookup(kRootInode, "020").ok());
  EXPECT_TRUE(Lookup(kRootInode, "090").ok());
  EXPECT_LE(store_.stats(), 3 * (1 + StatAhead::kFirstWindow));
}

TEST_F(NamesOnlyTest, OldAttributesAreAskedForAheadToo) {
  PutFiles(20);
  EXPECT_EQ(Names(kRootInode).size(), 20u);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Lookup(kRootInode, absl::StrFormat("%03d", i)).ok());
  clock_.Advance(absl::Seconds(60));
  store_.Hold();
  PendingNode first = StartLookup(kRootInode, "000");
  store_.AwaitWaiting(1 + StatAhead::kFirstWindow);
  store_.Release();
  EXPECT_TRUE(first.Get().ok());
}

TEST_F(NamesOnlyTest, UnlistedFolderIsNotAskedAhead) {
  PutFiles(20);
  EXPECT_TRUE(Lookup(kRootInode, "003").ok());
  EXPECT_EQ(store_.stats(), 1u);
}

TEST_F(NamesOnlyTest, NewVersionIsSeenWithinOneTtl) {
  store_.PutFile("a", 5, "\"1\"");
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  const InodeNumber before = InodeOf("a");
  store_.PutFile("a", 6, "\"2\"");
  clock_.Advance(absl::Seconds(60));
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));  // listed anew: says nothing of versions
  EXPECT_FALSE(Read(kRootInode)->at(0).has_node);
  EXPECT_NE(InodeOf("a"), before);
  EXPECT_EQ(filesystem_->totals().size_bytes, 6u);
}

TEST_F(NamesOnlyTest, OfflineServesWhatIsKnownAndAsksForTheRest) {
  PutFiles(2);
  EXPECT_EQ(Names(kRootInode).size(), 2u);
  store_.FailPath("001", absl::NotFoundError("not yet"));
  ASSERT_TRUE(Lookup(kRootInode, "000").ok());
  clock_.Advance(absl::Seconds(60));
  store_.FailPath("001", absl::OkStatus());
  store_.Fail(absl::UnavailableError("down"));
  EXPECT_TRUE(Lookup(kRootInode, "000").ok());
  EXPECT_EQ(filesystem_->state(), State::kOffline);
  EXPECT_EQ(Read(kRootInode)->at(0).has_node, true);
}

}  // namespace
}  // namespace larder::fs

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"
#include "tests/fs/filesystem_fixture.h"

// Reading folders.

namespace larder::fs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ListingTest : public FilesystemFixture {
 protected:
  ListingTest() { Open(); }
};

TEST_F(ListingTest, FolderIsReadInByteOrder) {
  for (const char* path : {"b", "a/x", "Z", "a-b", "\xc3\xa4", "a.b"}) store_.PutFile(path);
  EXPECT_THAT(Names(kRootInode), ElementsAre("Z", "a", "a-b", "a.b", "b", "\xc3\xa4"));
  EXPECT_THAT(Names(kRootInode, 1), ElementsAre("Z", "a", "a-b", "a.b", "b", "\xc3\xa4"));
  EXPECT_EQ(store_.lists(), 1u);
}

TEST_F(ListingTest, EntriesCarryTheirNodes) {
  store_.PutFile("a", 5);
  store_.PutFile("f/b", 6);
  store_.PutSymlink("l", "a");
  const EntriesAnswer entries = StartRead(kRootInode, "", 10, /*counted=*/true).get();
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 3u);
  for (const DirectoryEntry& entry : *entries) {
    EXPECT_TRUE(entry.has_node);
    EXPECT_EQ(entry.inode, entry.node.inode);
    EXPECT_EQ(entry.node.valid_for, absl::Seconds(60));
  }
  EXPECT_EQ((*entries)[0].node.size, 5u);
  EXPECT_EQ((*entries)[1].kind, remote::EntryKind::kFolder);
  EXPECT_EQ(*filesystem_->ReadLink((*entries)[2].inode), "a");
  EXPECT_TRUE(filesystem_->Open((*entries)[0].inode).ok());
  EXPECT_EQ(InodeOf("a"), (*entries)[0].inode);
  EXPECT_EQ(store_.stats(), 0u);
  filesystem_->Forget((*entries)[0].inode, 2);
  EXPECT_FALSE(filesystem_->Open((*entries)[0].inode).ok());
}

TEST_F(ListingTest, UncountedEntriesAreNotLookedUp) {
  store_.PutFile("a");
  const EntriesAnswer entries = Read(kRootInode);
  EXPECT_FALSE(filesystem_->Open(entries->at(0).inode).ok());
}

TEST_F(ListingTest, FolderOf100000IsListedOnce) {
  constexpr size_t kFiles = 100'000;
  for (size_t i = 0; i < kFiles; ++i) store_.PutFile(absl::StrFormat("f/%06d", i), i);
  const InodeNumber folder = InodeOf("f");
  const std::vector<std::string> names = Names(folder, 1000);
  ASSERT_EQ(names.size(), kFiles);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), kFiles);
  EXPECT_EQ(store_.lists(), 100u);  // pages of 1,000
  EXPECT_EQ(filesystem_->totals().objects, kFiles);
  EXPECT_EQ(filesystem_->totals().size_bytes, kFiles * (kFiles - 1) / 2);
  clock_.Advance(absl::Seconds(59));
  EXPECT_EQ(Names(folder, 1000).size(), kFiles);
  EXPECT_EQ(Lookup(folder, "054321")->size, 54321u);
  EXPECT_EQ(store_.lists(), 100u);
  EXPECT_EQ(store_.stats(), 1u);  // of the folder
}

TEST_F(ListingTest, ConcurrentReadsListOnce) {
  store_.PutFile("a");
  store_.Hold();
  std::vector<std::future<EntriesAnswer>> pending;
  pending.reserve(10);
  for (int i = 0; i < 10; ++i) pending.push_back(StartRead(kRootInode, "", 10));
  EXPECT_EQ(store_.lists(), 1u);
  store_.Release();
  for (auto& one : pending) EXPECT_EQ(one.get()->size(), 1u);
  EXPECT_EQ(store_.lists(), 1u);
}

TEST_F(ListingTest, OldListingIsMadeAnewAtTheStartOnly) {
  for (const char* path : {"a", "b", "c"}) store_.PutFile(path);
  EXPECT_EQ(Read(kRootInode, "", 1)->at(0).name, "a");
  clock_.Advance(absl::Seconds(61));
  EXPECT_EQ(Read(kRootInode, "a", 1)->at(0).name, "b");
  EXPECT_EQ(store_.lists(), 1u);
  EXPECT_EQ(Read(kRootInode, "", 1)->at(0).name, "a");
  EXPECT_EQ(store_.lists(), 2u);
}

TEST_F(ListingTest, NewListingShowsWhatIsNewAndDropsWhatIsGone) {
  store_.PutFile("a");
  store_.PutFile("b", 2);
  store_.PutFile("gone/x/y", 5);
  const InodeNumber b = InodeOf("b");
  ASSERT_TRUE(LookupPath("gone/x/y").ok());
  EXPECT_THAT(Names(kRootInode), ElementsAre("a", "b", "gone"));
  EXPECT_THAT(Names(InodeOf("gone/x")), ElementsAre("y"));
  store_.Remove("b");
  store_.Remove("gone");
  store_.PutFile("c");
  clock_.Advance(absl::Seconds(60));
  EXPECT_THAT(Names(kRootInode), ElementsAre("a", "c"));
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "b").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(b).status()));
  EXPECT_TRUE(Eventually([this] { return filesystem_->totals().objects == 2; }));
  EXPECT_EQ(filesystem_->totals().size_bytes, 2u);
}

TEST_F(ListingTest, EachNameThatStaysComesOnceWhileTheFolderChanges) {
  for (int i = 0; i < 100; ++i) store_.PutFile(absl::StrFormat("%02d", i));
  std::vector<std::string> names;
  std::string after;
  for (int part = 0; part < 10; ++part) {
    const EntriesAnswer entries = Read(kRootInode, after, 10);
    ASSERT_TRUE(entries.ok());
    for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
    after = names.back();
    // Another reader lists it anew, with one name gone and one come, both passed already.
    store_.Remove(absl::StrFormat("%02d", part));
    store_.PutFile(absl::StrFormat("%02d-new", part));
    clock_.Advance(absl::Seconds(60));
    ASSERT_TRUE(Read(kRootInode, "", 1).ok());
  }
  EXPECT_EQ(names.size(), 100u);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 100u);
}

TEST_F(ListingTest, ListingSurvivesARestart) {
  store_.PutFile("a", 3);
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  Reopen();
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  EXPECT_EQ(store_.lists(), 1u);
  EXPECT_EQ(filesystem_->totals().objects, 1u);
  EXPECT_EQ(filesystem_->totals().size_bytes, 3u);
}

TEST_F(ListingTest, FailedListingIsNoEmptyFolder) {
  store_.PutFile("a");
  store_.Fail(absl::PermissionDeniedError("no"));
  EXPECT_TRUE(absl::IsPermissionDenied(Read(kRootInode).status()));
  store_.Fail(absl::OkStatus());
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
}

TEST_F(ListingTest, ListingThatFailsHalfWayKeepsTheOldOne) {
  store_.SetPageEntries(2);
  for (const char* path : {"a", "b", "c"}) store_.PutFile(path);
  EXPECT_THAT(Names(kRootInode), ElementsAre("a", "b", "c"));
  clock_.Advance(absl::Seconds(60));
  store_.Hold();
  std::future<EntriesAnswer> pending = StartRead(kRootInode, "", 10);
  store_.AwaitWaiting(1);
  store_.Fail(absl::UnavailableError("down"));  // the second page
  store_.Release();
  const EntriesAnswer entries = pending.get();
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(entries->size(), 3u);
  EXPECT_EQ(filesystem_->state(), State::kOffline);
}

TEST_F(ListingTest, FolderThatVanishedIsNotFound) {
  store_.PutFile("f/a");
  const InodeNumber folder = InodeOf("f");
  store_.Remove("f");
  EXPECT_TRUE(absl::IsNotFound(Read(folder).status()));
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "f").status()));
}

TEST_F(ListingTest, EmptyRootIsAnEmptyFolder) {
  EXPECT_THAT(Names(kRootInode), IsEmpty());
  EXPECT_THAT(Names(kRootInode), IsEmpty());
  EXPECT_EQ(store_.lists(), 1u);
}

TEST_F(ListingTest, ImmutableFolderIsListedOnceForever) {
  options_.immutable = true;
  Reopen();
  store_.PutFile("a");
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  clock_.Advance(absl::Hours(1000));
  EXPECT_THAT(Names(kRootInode), ElementsAre("a"));
  EXPECT_TRUE(absl::IsNotFound(Lookup(kRootInode, "b").status()));
  EXPECT_EQ(store_.lists(), 1u);
  EXPECT_EQ(store_.stats(), 0u);
}

TEST_F(ListingTest, ManyOldNamesOfOneFolderAreRenewedByOneListing) {
  for (int i = 0; i < 500; ++i) store_.PutFile(absl::StrFormat("%03d", i));
  EXPECT_EQ(Names(kRootInode, 1000).size(), 500u);
  clock_.Advance(absl::Seconds(60));
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(Lookup(kRootInode, absl::StrFormat("%03d", i)).ok());
  EXPECT_EQ(store_.stats(), 16u);
  EXPECT_EQ(store_.lists(), 2u);
  EXPECT_TRUE(Read(kRootInode).ok());  // waits for that listing, if it is not done
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(Lookup(kRootInode, absl::StrFormat("%03d", i)).ok());
  EXPECT_EQ(store_.stats(), 16u);
  EXPECT_EQ(store_.lists(), 2u);
}

TEST_F(ListingTest, SlowListingGetsTheWholeDeadlineNextTime) {
  store_.PutFile("f/a");
  EXPECT_THAT(Names(kRootInode), ElementsAre("f"));
  clock_.Advance(absl::Seconds(60));
  store_.FailPath("", absl::DeadlineExceededError("slow"));
  EXPECT_THAT(Names(kRootInode), ElementsAre("f"));
  EXPECT_EQ(store_.options_of("").deadline, options_.revalidation_deadline);
  EXPECT_EQ(filesystem_->state(), State::kOffline);

  EXPECT_THAT(Names(InodeOf("f")), ElementsAre("a"));  // an answer: online again
  EXPECT_EQ(filesystem_->state(), State::kOnline);
  store_.FailPath("", absl::OkStatus());
  EXPECT_THAT(Names(kRootInode), ElementsAre("f"));
  EXPECT_EQ(store_.options_of("").deadline, options_.deadline);
}

}  // namespace
}  // namespace larder::fs

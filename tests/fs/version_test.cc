// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "absl/strings/match.h"
#include "tests/fs/filesystem_fixture.h"

// One inode number is one version.

namespace larder::fs {
namespace {

constexpr absl::Time kTime = absl::FromUnixSeconds(1'650'000'000);

class VersionTest : public FilesystemFixture {
 protected:
  explicit VersionTest(FakeStore::Listings listings = FakeStore::Listings::kWithEtags)
      : FilesystemFixture(listings) {
    Open();
  }
  // What a fresh listing of the root says of `name`.
  InodeNumber ListedInode(const std::string& name) {
    const EntriesAnswer entries = Read(kRootInode);
    EXPECT_TRUE(entries.ok()) << entries.status();
    if (!entries.ok()) return 0;
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name == name) return entry.inode;
    }
    return 0;
  }
};

// nginx: listings without ETags, HEADs with them.
class TimeVersionTest : public VersionTest {
 protected:
  TimeVersionTest() : VersionTest(FakeStore::Listings::kWithTimes) {}
};

TEST_F(VersionTest, NewVersionIsANewInode) {
  store_.PutFile("a", 10, "\"1\"");
  const InodeNumber before = InodeOf("a");
  store_.PutFile("a", 20, "\"2\"");
  clock_.Advance(absl::Seconds(60));
  const InodeNumber after = InodeOf("a");
  EXPECT_NE(after, before);
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(before).status()));
  EXPECT_TRUE(filesystem_->Open(after).ok());
  EXPECT_EQ(filesystem_->totals().objects, 1u);
  EXPECT_EQ(filesystem_->totals().size_bytes, 20u);
}

TEST_F(VersionTest, TheCacheHearsOfVersionsThatWentAway) {
  store_.PutFile("a", 10, "\"1\"");
  store_.PutFile("b", 10, "\"1\"");
  InodeOf("a");
  InodeOf("b");
  EXPECT_TRUE(cache_->retired().empty());
  store_.PutFile("a", 10, "\"2\"");
  clock_.Advance(absl::Seconds(60));
  InodeOf("a");
  ASSERT_EQ(cache_->retired().size(), 1u);
  EXPECT_TRUE(absl::EndsWith(cache_->retired()[0], "+")) << "another version took its place";
  store_.Remove("b");
  clock_.Advance(absl::Seconds(60));
  EXPECT_FALSE(Lookup(kRootInode, "b").ok());
  ASSERT_EQ(cache_->retired().size(), 2u);
  EXPECT_FALSE(absl::EndsWith(cache_->retired()[1], "+")) << "it may come back";
}

TEST_F(VersionTest, OldInodeKeepsItsAttributes) {
  store_.PutFile("a", 10, "\"1\"");
  const InodeNumber before = InodeOf("a");
  store_.PutFile("a", 20, "\"2\"", kTime);
  clock_.Advance(absl::Seconds(60));
  InodeOf("a");
  NodeAnswer node = absl::UnknownError("");
  EXPECT_EQ(
      filesystem_->GetAttributes(before, [&](NodeAnswer answer) { node = std::move(answer); }), 0u);
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->inode, before);
  EXPECT_EQ(node->size, 10u);
  EXPECT_NE(node->mtime, kTime);
}

TEST_F(VersionTest, AttributesNeverAskTheRemote) {
  store_.PutFile("a", 10);
  const InodeNumber inode = InodeOf("a");
  clock_.Advance(absl::Hours(1));
  bool answered = false;
  filesystem_->GetAttributes(inode, [&](const NodeAnswer& node) { answered = node.ok(); });
  EXPECT_TRUE(answered);
  filesystem_->GetAttributes(kRootInode, [&](const NodeAnswer& node) {
    EXPECT_EQ(node->kind, remote::EntryKind::kFolder);
  });
  EXPECT_EQ(store_.stats(), 1u);
}

TEST_F(VersionTest, SameSizeAndTimeButAnotherEtagIsANewInode) {
  store_.PutFile("a", 10, "\"1\"", kTime);
  const InodeNumber before = InodeOf("a");
  store_.PutFile("a", 10, "\"2\"", kTime);
  clock_.Advance(absl::Seconds(60));
  EXPECT_NE(InodeOf("a"), before);
}

TEST_F(VersionTest, SameEtagAtAnotherTimeKeepsTheInode) {
  store_.PutFile("a", 10, "\"1\"", kTime);
  const InodeNumber before = InodeOf("a");
  store_.PutFile("a", 10, "\"1\"", kTime + absl::Milliseconds(250));  // a listing's milliseconds
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(ListedInode("a"), before);
  EXPECT_EQ(Lookup(kRootInode, "a")->mtime, kTime);
}

TEST_F(VersionTest, NewVersionInAListingIsANewInode) {
  store_.PutFile("a", 10, "\"1\"");
  const InodeNumber before = ListedInode("a");
  EXPECT_EQ(InodeOf("a"), before);
  store_.PutFile("a", 10, "\"2\"");
  clock_.Advance(absl::Seconds(60));
  EXPECT_NE(ListedInode("a"), before);
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(before).status()));
}

TEST_F(VersionTest, VersionThatComesBackIsTheOldInode) {
  store_.PutFile("a", 10, "\"1\"");
  const InodeNumber first = InodeOf("a");
  store_.PutFile("a", 20, "\"2\"");
  clock_.Advance(absl::Seconds(60));
  const InodeNumber second = InodeOf("a");
  store_.PutFile("a", 10, "\"1\"");
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(InodeOf("a"), first);
  EXPECT_TRUE(filesystem_->Open(first).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(second).status()));
}

TEST_F(VersionTest, InodeIsTheSameAfterARestart) {
  store_.PutFile("f/a", 10);
  const InodeNumber folder = InodeOf("f");
  const InodeNumber file = InodeOf("f/a");
  Reopen();
  EXPECT_EQ(InodeOf("f"), folder);
  EXPECT_EQ(InodeOf("f/a"), file);
}

TEST_F(VersionTest, InodeIsTheSameAfterLossOfTheIndex) {
  store_.PutFile("f/a", 10);
  store_.PutFile("b", 3);
  const InodeNumber folder = InodeOf("f");
  const InodeNumber file = InodeOf("f/a");
  const InodeNumber by_stat = InodeOf("b");
  ReopenWithoutIndex();
  EXPECT_EQ(ListedInode("f"), folder);
  EXPECT_EQ(InodeOf("f/a"), file);
  EXPECT_EQ(ListedInode("b"), by_stat);
  EXPECT_EQ(store_.stats(), 4u);  // f, f/a, b; f/a again: f came with the listing
}

TEST_F(TimeVersionTest, FixedEtagKeepsTheInode) {
  store_.PutFile("a", 10, "\"1\"", kTime);
  const InodeNumber listed = ListedInode("a");
  EXPECT_EQ(InodeOf("a"), listed);
  EXPECT_TRUE(
      absl::IsNotFound(filesystem_->GetExtendedAttribute(listed, "user.larder.etag").status()));
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(InodeOf("a"), listed);  // by a Stat, which tells the ETag
  EXPECT_EQ(store_.stats(), 1u);
  EXPECT_EQ(*filesystem_->GetExtendedAttribute(listed, "user.larder.etag"), "\"1\"");
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(ListedInode("a"), listed);  // by a listing again
  EXPECT_TRUE(filesystem_->Open(listed).ok());
}

TEST_F(TimeVersionTest, StatBeforeTheListingGivesTheSameInode) {
  store_.PutFile("a", 10, "\"1\"", kTime);
  const InodeNumber by_stat = InodeOf("a");
  ReopenWithoutIndex();
  EXPECT_EQ(ListedInode("a"), by_stat);
}

TEST_F(TimeVersionTest, AnotherEtagAtTheSameTimeIsANewInode) {
  store_.PutFile("a", 10, "\"1\"", kTime);
  const InodeNumber before = InodeOf("a");
  store_.PutFile("a", 10, "\"2\"", kTime);
  clock_.Advance(absl::Seconds(60));
  const InodeNumber after = InodeOf("a");
  EXPECT_NE(after, before);
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(before).status()));
  // The generation is kept: nothing changes with the next listing, or a restart.
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(ListedInode("a"), after);
  Reopen();
  EXPECT_EQ(InodeOf("a"), after);
}

TEST_F(TimeVersionTest, EtagThatTheCacheRefusesMakesANewInode) {
  store_.PutFile("a", 10, "\"2\"", kTime);
  const InodeNumber before = InodeOf("a");
  auto object = filesystem_->Open(before);
  ASSERT_TRUE(object.ok());
  const Digest id = static_cast<larder::testing::FakeObject&>(**object).spec().id;
  object->reset();
  cache_->Remember(id, "\"1\"");  // bytes of the same time and size, but of another content
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(before).status()));
  const InodeNumber after = InodeOf("a");
  EXPECT_NE(after, before);
  EXPECT_TRUE(filesystem_->Open(after).ok());
  Reopen();
  EXPECT_EQ(InodeOf("a"), after);
}

}  // namespace
}  // namespace larder::fs

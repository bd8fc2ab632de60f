// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/fs/filesystem_fixture.h"

// Opening files, and what extended attributes tell.

namespace larder::fs {
namespace {

using ::testing::ElementsAre;

class OpenTest : public FilesystemFixture {
 protected:
  OpenTest() { Open(); }
};

TEST_F(OpenTest, OpensShareOneObject) {
  store_.PutFile("a", 10, "\"1\"");
  const InodeNumber inode = InodeOf("a");
  const auto first = filesystem_->Open(inode);
  const auto second = filesystem_->Open(inode);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(cache_->opens(), 1u);
  const auto& spec = static_cast<const larder::testing::FakeObject&>(**first).spec();
  EXPECT_EQ(spec.path, "a");
  EXPECT_EQ(spec.version.size, 10u);
  EXPECT_EQ(spec.version.etag, "\"1\"");
  EXPECT_EQ(spec.id.prefix(), inode);
}

TEST_F(OpenTest, ObjectSeenToBeStaleIsRefusedAndLookedUpAnew) {
  store_.PutFile("a", 10, "\"1\"");
  const InodeNumber before = InodeOf("a");
  const auto object = filesystem_->Open(before);
  ASSERT_TRUE(object.ok());
  store_.PutFile("a", 11, "\"2\"");
  static_cast<larder::testing::FakeObject&>(**object).SetStale();
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(before).status()));
  // As the kernel does; within the TTL.
  const NodeAnswer after = Lookup(kRootInode, "a");
  ASSERT_TRUE(after.ok());
  EXPECT_NE(after->inode, before);
  EXPECT_EQ(after->size, 11u);
  EXPECT_TRUE(filesystem_->Open(after->inode).ok());
}

TEST_F(OpenTest, StaleObjectOfAnImmutableDatasetIsLookedUpAnewToo) {
  options_.immutable = true;
  Reopen();
  store_.PutFile("a", 10, "\"1\"");
  const InodeNumber before = InodeOf("a");
  const auto object = filesystem_->Open(before);
  store_.PutFile("a", 11, "\"2\"");
  static_cast<larder::testing::FakeObject&>(**object).SetStale();
  EXPECT_FALSE(filesystem_->Open(before).ok());
  EXPECT_NE(InodeOf("a"), before);
}

TEST_F(OpenTest, StaleWithoutAnotherVersionInSightRaisesTheGeneration) {
  store_.PutFile("a", 10, "\"1\"");
  const InodeNumber before = InodeOf("a");
  const auto object = filesystem_->Open(before);
  static_cast<larder::testing::FakeObject&>(**object).SetStale();
  EXPECT_FALSE(filesystem_->Open(before).ok());
  const InodeNumber after = InodeOf("a");
  EXPECT_NE(after, before);
  EXPECT_TRUE(filesystem_->Open(after).ok());
}

TEST_F(OpenTest, FoldersAndUnknownInodesAreNotOpened) {
  EXPECT_TRUE(absl::IsInvalidArgument(filesystem_->Open(kRootInode).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(filesystem_->Open(12345).status()));
}

TEST_F(OpenTest, ExtendedAttributesTellSourceEtagAndCachedBytes) {
  store_.PutFile("f/a", 10, "\"1\"");
  const InodeNumber folder = InodeOf("f");
  const InodeNumber file = InodeOf("f/a");
  EXPECT_THAT(filesystem_->ListExtendedAttributes(file),
              ElementsAre("user.larder.source", "user.larder.etag", "user.larder.cached"));
  EXPECT_EQ(*filesystem_->GetExtendedAttribute(file, "user.larder.source"), "fake://bucket/f/a");
  EXPECT_EQ(*filesystem_->GetExtendedAttribute(file, "user.larder.etag"), "\"1\"");
  EXPECT_EQ(*filesystem_->GetExtendedAttribute(file, "user.larder.cached"), "0");
  EXPECT_TRUE(absl::IsNotFound(filesystem_->GetExtendedAttribute(file, "user.other").status()));
  EXPECT_THAT(filesystem_->ListExtendedAttributes(folder), ElementsAre("user.larder.source"));
  EXPECT_TRUE(
      absl::IsNotFound(filesystem_->GetExtendedAttribute(folder, "user.larder.etag").status()));
}

}  // namespace
}  // namespace larder::fs

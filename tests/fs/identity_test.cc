// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/identity.h"

#include "gtest/gtest.h"

namespace larder::fs {
namespace {

using index::EntryRecord;
using remote::EntryKind;
using remote::ObjectVersion;

constexpr absl::Time kTime = absl::FromUnixSeconds(1'650'000'000);
constexpr absl::Time kAsked = absl::FromUnixSeconds(1'700'000'000);

EntryRecord FileRecord(uint64_t size, absl::Time mtime, const std::string& etag) {
  EntryRecord record;
  record.kind = static_cast<uint8_t>(EntryKind::kFile);
  record.has_version = true;
  record.size = size;
  record.mtime = mtime;
  record.etag = etag;
  record.checked_at = kAsked;
  return record;
}

Identity::Observation Seen(uint64_t size, absl::Time mtime, const std::string& etag,
                           absl::Time asked_at = kAsked + absl::Seconds(1)) {
  return {.version = ObjectVersion{size, mtime, etag}, .asked_at = asked_at};
}

TEST(IdentityTest, TagHoldsWhatListingAndStatAgreeOn) {
  const struct {
    const char* what;
    bool lists_etags;
    EntryRecord one;
    EntryRecord other;
    bool same;
  } cases[] = {
      {"ETags: times do not count", true, FileRecord(1, kTime, "\"e\""),
       FileRecord(1, kTime + absl::Seconds(9), "\"e\""), true},
      {"ETags: another ETag", true, FileRecord(1, kTime, "\"e\""), FileRecord(1, kTime, "\"f\""),
       false},
      {"ETags: none given", true, FileRecord(1, kTime, ""),
       FileRecord(1, kTime + absl::Seconds(1), ""), false},
      {"times: ETags do not count", false, FileRecord(1, kTime, ""), FileRecord(1, kTime, "\"e\""),
       true},
      {"times: whole seconds", false, FileRecord(1, kTime, ""),
       FileRecord(1, kTime + absl::Milliseconds(999), ""), true},
      {"times: another second", false, FileRecord(1, kTime, ""),
       FileRecord(1, kTime + absl::Seconds(1), ""), false},
      {"times: another size", false, FileRecord(1, kTime, ""), FileRecord(2, kTime, ""), false},
      {"no time: by ETag", false, FileRecord(1, absl::InfinitePast(), "\"e\""),
       FileRecord(1, absl::InfinitePast(), "\"f\""), false},
      {"no time, no ETag: by size", false, FileRecord(1, absl::InfinitePast(), ""),
       FileRecord(1, absl::InfinitePast(), ""), true},
  };
  for (const auto& one : cases) {
    const Identity identity("s3://bucket", one.lists_etags);
    EXPECT_EQ(identity.Of("a", one.one) == identity.Of("a", one.other), one.same) << one.what;
  }
}

TEST(IdentityTest, PathSourceGenerationAndKindTellApart) {
  const Identity identity("s3://bucket", true);
  const EntryRecord file = FileRecord(1, kTime, "\"e\"");
  EntryRecord next = file;
  next.generation = 1;
  EntryRecord folder;
  folder.kind = static_cast<uint8_t>(EntryKind::kFolder);
  EntryRecord link;
  link.kind = static_cast<uint8_t>(EntryKind::kSymlink);
  link.link_target = "x";
  const Digest id = identity.Of("a", file);
  EXPECT_NE(id, identity.Of("b", file));
  EXPECT_NE(id, Identity("s3://other", true).Of("a", file));
  EXPECT_NE(id, identity.Of("a", next));
  EXPECT_NE(id, identity.Of("a", folder));
  EXPECT_NE(id, identity.Of("a", link));
  EXPECT_EQ(identity.Of("a", folder), identity.OfFolder("a"));
}

// Inode numbers live in the kernel, in hard links of tar and rsync, and cached bytes are found by
// ids: a change here drops every cache.
TEST(IdentityTest, IdsAreFrozen) {
  const Identity identity("s3://bucket", true);
  EXPECT_EQ(identity.Of("a/b", FileRecord(1, kTime, "\"e\"")).ToHex(),
            "69ec84941a448d4eb736c6ff64df9658");
  EXPECT_EQ(identity.OfFolder("a").ToHex(), "fdbc77c34a30d55ee5ac3eb459a2cb48");
}

TEST(IdentityTest, SameVersionKeepsItsRecordAndLearnsTheEtag) {
  const Identity identity("http://host", false);
  const EntryRecord before = FileRecord(1, kTime, "");
  const EntryRecord next = identity.Next(before, Seen(1, kTime, "\"e\""));
  EXPECT_EQ(next.etag, "\"e\"");
  EXPECT_EQ(next.generation, 0u);
  EXPECT_EQ(next.checked_at, kAsked + absl::Seconds(1));
  // A listing without ETags does not unlearn it.
  EXPECT_EQ(identity.Next(next, Seen(1, kTime, "", kAsked + absl::Seconds(2))).etag, "\"e\"");
}

TEST(IdentityTest, AnotherEtagAtTheSameTimeRaisesTheGeneration) {
  const Identity identity("http://host", false);
  const EntryRecord before = FileRecord(1, kTime, "\"e\"");
  const EntryRecord next = identity.Next(before, Seen(1, kTime, "\"f\""));
  EXPECT_EQ(next.generation, 1u);
  EXPECT_NE(identity.Of("a", next), identity.Of("a", before));
  // With another time it begins anew.
  EXPECT_EQ(
      identity.Next(next, Seen(1, kTime + absl::Seconds(1), "\"f\"", kAsked + absl::Seconds(2)))
          .generation,
      0u);
}

TEST(IdentityTest, OlderObservationChangesNothing) {
  const Identity identity("s3://bucket", true);
  const EntryRecord before = FileRecord(1, kTime, "\"e\"");
  EXPECT_EQ(identity.Next(before, Seen(2, kTime, "\"f\"", kAsked - absl::Seconds(1))), before);
}

TEST(IdentityTest, BareNameKeepsAKnownVersionAndItsAge) {
  const Identity identity("http://host", false);
  const EntryRecord before = FileRecord(1, kTime, "\"e\"");
  EXPECT_EQ(identity.Next(before, {.asked_at = kAsked + absl::Seconds(1)}), before);
  // A bare name is no older than any Stat.
  const EntryRecord bare = identity.Next(std::nullopt, {.asked_at = kAsked});
  EXPECT_FALSE(HasAttributes(bare));
  EXPECT_TRUE(HasAttributes(identity.Next(bare, Seen(1, kTime, "", kAsked - absl::Seconds(1)))));
}

TEST(IdentityTest, AnotherKindIsANewRecord) {
  const Identity identity("s3://bucket", true);
  const EntryRecord before = FileRecord(1, kTime, "\"e\"");
  const EntryRecord next =
      identity.Next(before, {.kind = EntryKind::kFolder, .asked_at = kAsked + absl::Seconds(1)});
  EXPECT_EQ(KindOf(next), EntryKind::kFolder);
  EXPECT_FALSE(next.has_version);
  EXPECT_TRUE(next.etag.empty());
}

}  // namespace
}  // namespace larder::fs

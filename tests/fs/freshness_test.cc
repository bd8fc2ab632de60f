// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/freshness.h"

#include "gtest/gtest.h"

namespace larder::fs {
namespace {

using enum NameAnswer;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::optional<index::EntryRecord> EntryOf(absl::Duration age, bool has_version = true) {
  index::EntryRecord record;
  record.kind = static_cast<uint8_t>(remote::EntryKind::kFile);
  record.has_version = has_version;
  record.checked_at = kNow - age;
  return record;
}
std::optional<index::FolderRecord> FolderOf(absl::Duration age) {
  index::FolderRecord record;
  record.listed_at = kNow - age;
  return record;
}
std::optional<absl::Time> AbsentFor(absl::Duration age) { return kNow - age; }

constexpr auto kNone = std::nullopt;
constexpr absl::Duration kDay = absl::Hours(24);

TEST(FreshnessTest, WhatToDoAboutAName) {
  const absl::Duration young = absl::Seconds(3);
  const absl::Duration middle = absl::Seconds(57);  // within the TTL, not less the negative one
  const struct {
    const char* what;
    Known known;
    NameAnswer online;
    NameAnswer offline;
    NameAnswer immutable;
  } cases[] = {
      {"nothing known", {}, kAsk, kAsk, kAsk},
      {"entry, young", {EntryOf(young), kNone, kNone}, kKnown, kKnown, kKnown},
      {"entry, at its last", {EntryOf(absl::Seconds(59)), kNone, kNone}, kKnown, kKnown, kKnown},
      {"entry, old", {EntryOf(absl::Seconds(60)), kNone, kNone}, kRevalidate, kKnown, kKnown},
      {"entry, from the future", {EntryOf(-kDay), kNone, kNone}, kRevalidate, kKnown, kKnown},
      {"entry, doubted",
       {EntryOf(young), kNone, kNone, true},
       kRevalidate,
       kRevalidate,
       kRevalidate},
      {"bare name", {EntryOf(young, false), FolderOf(young), kNone}, kAsk, kAsk, kAsk},
      {"absent in a fresh listing", {kNone, FolderOf(young), kNone}, kAbsent, kAbsent, kAbsent},
      {"absent in a listing soon old",
       {kNone, FolderOf(middle), kNone},
       kRevalidate,
       kAbsent,
       kAbsent},
      {"absent in an old listing", {kNone, FolderOf(kDay), kNone}, kRevalidate, kAbsent, kAbsent},
      {"known absent", {kNone, kNone, AbsentFor(young)}, kAbsent, kAbsent, kAbsent},
      {"known absent, long ago", {kNone, kNone, AbsentFor(kDay)}, kAsk, kAbsent, kAsk},
      {"absent long ago, then not listed",
       {kNone, FolderOf(young), AbsentFor(kDay)},
       kAbsent,
       kAbsent,
       kAbsent},
  };
  const Freshness usual;
  const Freshness immutable{.immutable = true};
  for (const auto& one : cases) {
    EXPECT_EQ(usual.Decide(one.known, false, kNow), one.online) << one.what;
    EXPECT_EQ(usual.Decide(one.known, true, kNow), one.offline) << one.what;
    EXPECT_EQ(immutable.Decide(one.known, false, kNow), one.immutable) << one.what;
  }
}

TEST(FreshnessTest, ZeroTtlAsksEachTime) {
  const Freshness none{.ttl = absl::ZeroDuration(), .negative_ttl = absl::ZeroDuration()};
  EXPECT_EQ(none.Decide({EntryOf(absl::ZeroDuration()), kNone, kNone}, false, kNow), kRevalidate);
  EXPECT_EQ(none.Decide({kNone, FolderOf(absl::ZeroDuration()), kNone}, false, kNow), kRevalidate);
  EXPECT_EQ(none.Decide({kNone, kNone, AbsentFor(absl::ZeroDuration())}, false, kNow), kAsk);
  EXPECT_TRUE(none.NeedsListing(FolderOf(absl::ZeroDuration()), false, kNow));
  EXPECT_EQ(none.ValidFor(*EntryOf(absl::ZeroDuration()), kNow), absl::ZeroDuration());
}

TEST(FreshnessTest, NegativeAnswersNeverOutliveTheTtl) {
  const Freshness one{.ttl = absl::Seconds(3), .negative_ttl = absl::Seconds(5)};
  EXPECT_EQ(one.Decide({kNone, FolderOf(absl::Seconds(1)), kNone}, false, kNow), kRevalidate);
  EXPECT_EQ(one.Decide({kNone, kNone, AbsentFor(absl::Seconds(1))}, false, kNow), kAsk);
}

TEST(FreshnessTest, InfiniteTtlNeverAsksAgain) {
  const Freshness forever{.ttl = absl::InfiniteDuration()};
  EXPECT_EQ(forever.Decide({EntryOf(kDay), kNone, kNone}, false, kNow), kKnown);
  EXPECT_EQ(forever.Decide({kNone, FolderOf(kDay), kNone}, false, kNow), kAbsent);
  EXPECT_FALSE(forever.NeedsListing(FolderOf(kDay), false, kNow));
  EXPECT_EQ(forever.ValidFor(*EntryOf(kDay), kNow), absl::InfiniteDuration());
}

TEST(FreshnessTest, ValidForIsWhatIsLeft) {
  const Freshness usual;
  EXPECT_EQ(usual.ValidFor(*EntryOf(absl::Seconds(20)), kNow), absl::Seconds(40));
  EXPECT_EQ(usual.ValidFor(*EntryOf(kDay), kNow), Freshness::kOldValidFor);
}

TEST(FreshnessTest, ListingIsMadeWhereNoneIsKnownOrItIsOld) {
  const Freshness usual;
  EXPECT_TRUE(usual.NeedsListing(kNone, true, kNow));
  EXPECT_FALSE(usual.NeedsListing(FolderOf(absl::Seconds(59)), false, kNow));
  EXPECT_TRUE(usual.NeedsListing(FolderOf(absl::Seconds(60)), false, kNow));
  EXPECT_FALSE(usual.NeedsListing(FolderOf(kDay), true, kNow));
}

}  // namespace
}  // namespace larder::fs

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/s3_listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace larder::remote {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Listing(absl::string_view entries, absl::string_view head = "") {
  return absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
                      "<Name>b</Name><EncodingType>url</EncodingType>",
                      head.empty() ? "<IsTruncated>false</IsTruncated>" : head, entries,
                      "</ListBucketResult>");
}

std::string Object(absl::string_view key, int size = 5, absl::string_view etag = "&quot;e&quot;",
                   absl::string_view storage_class = "STANDARD") {
  return absl::StrCat("<Contents><Key>", key,
                      "</Key><LastModified>2024-05-22T10:20:30.789Z</LastModified><ETag>", etag,
                      "</ETag><Size>", size, "</Size><StorageClass>", storage_class,
                      "</StorageClass></Contents>");
}

std::string Folder(absl::string_view prefix) {
  return absl::StrCat("<CommonPrefixes><Prefix>", prefix, "</Prefix></CommonPrefixes>");
}

std::vector<std::string> Names(const S3Listing& listing) {
  std::vector<std::string> names;
  for (const ListEntry& entry : listing.page.entries) {
    names.push_back(entry.kind == EntryKind::kFolder ? entry.name + "/" : entry.name);
  }
  return names;
}

TEST(S3ListingTest, ReadsObjectsAndFolders) {
  const auto listing = ParseS3Listing(
      Listing(absl::StrCat(Object("p/a.jpg", 123, "&quot;abc-2&quot;"), Folder("p/sub/"))), "p/",
      "");
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_TRUE(listing->has_keys);
  EXPECT_EQ(listing->page.next_page, "");
  EXPECT_EQ(listing->page.hidden_names, 0u);
  ASSERT_THAT(Names(*listing), ::testing::ElementsAre("a.jpg", "sub/"));
  const ObjectVersion& version = *listing->page.entries[0].version;
  EXPECT_EQ(version.size, 123u);
  EXPECT_EQ(version.etag, "\"abc-2\"");
  EXPECT_EQ(version.mtime, absl::FromUnixSeconds(1716373230)) << version.mtime;  // whole seconds
}

TEST(S3ListingTest, EmptyListingHasNoKeys) {
  const auto listing = ParseS3Listing(Listing(""), "p/", "");
  ASSERT_TRUE(listing.ok());
  EXPECT_FALSE(listing->has_keys);
  EXPECT_THAT(listing->page.entries, IsEmpty());
}

TEST(S3ListingTest, DecodesNames) {
  const auto listing =
      ParseS3Listing(Listing(absl::StrCat(Object("dt%3D2024/a+b%20c%2Bd%25%26%3F%23%2A%3A"),
                                          Object("dt%3D2024/%C3%A9%FF%0A"))),
                     "dt=2024/", "");
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(Names(*listing), ::testing::ElementsAre("a b c+d%&?#*:", "\xc3\xa9\xff\n"));
}

TEST(S3ListingTest, NamesAreRawWhereTheStoreDidNotEncode) {
  const auto listing = ParseS3Listing(
      "<ListBucketResult><Contents><Key>a+b%20&amp;</Key><Size>1</Size></Contents>"
      "</ListBucketResult>",
      "", "");
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(Names(*listing), ::testing::ElementsAre("a+b%20&"));
  EXPECT_EQ(listing->page.entries[0].version->etag, "");
  EXPECT_EQ(listing->page.entries[0].version->mtime, absl::InfinitePast());
}

TEST(S3ListingTest, HostileNamesAreHiddenAndCounted) {
  const auto listing = ParseS3Listing(
      Listing(absl::StrCat(Object("p/"), Object("p/..", 1), Object("p/.", 1), Object("p/nul%00x"),
                           Object(absl::StrCat("p/", std::string(256, 'x'))), Folder("p//"),
                           Folder("p/../"), Folder("p/./"),
                           Object(absl::StrCat("p/", std::string(255, 'y'))))),
      "p/", "");
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->page.hidden_names, 8u);
  EXPECT_THAT(Names(*listing), ::testing::ElementsAre(std::string(255, 'y')));
}

TEST(S3ListingTest, AFolderWithOnlyItsMarkerIsThereAndEmpty) {
  const auto listing = ParseS3Listing(Listing(Object("p/", 0)), "p/", "");
  ASSERT_TRUE(listing.ok());
  EXPECT_TRUE(listing->has_keys);
  EXPECT_THAT(listing->page.entries, IsEmpty());
  EXPECT_EQ(listing->page.hidden_names, 1u);
}

TEST(S3ListingTest, WhereBothAreThereTheFolderCounts) {
  const auto listing =
      ParseS3Listing(Listing(absl::StrCat(Object("a"), Object("b"), Folder("a/"))), "", "");
  ASSERT_TRUE(listing.ok());
  EXPECT_THAT(Names(*listing), ::testing::UnorderedElementsAre("a/", "b"));
}

TEST(S3ListingTest, PagesGoOnByToken) {
  const std::string truncated =
      "<IsTruncated>true</IsTruncated><NextContinuationToken>t/+=&amp;</NextContinuationToken>";
  const auto listing = ParseS3Listing(Listing(Object("a"), truncated), "", "t1");
  ASSERT_TRUE(listing.ok());
  EXPECT_EQ(listing->page.next_page, "t/+=&");
}

TEST(S3ListingTest, ArchivedObjectsAreShownAndCounted) {
  const auto listing = ParseS3Listing(
      Listing(absl::StrCat(Object("a", 1, "", "GLACIER"), Object("b", 1, "", "DEEP_ARCHIVE"),
                           Object("c", 1, "", "GLACIER_IR"), Object("d"))),
      "", "");
  ASSERT_TRUE(listing.ok());
  EXPECT_EQ(listing->page.entries.size(), 4u);
  EXPECT_EQ(listing->archived, 2u);
  EXPECT_EQ(listing->archive_class, "DEEP_ARCHIVE");
}

TEST(S3ListingTest, MalformedListingsAreDataLossThatSaysWhat) {
  const std::string truncated = "<IsTruncated>true</IsTruncated>";
  const struct {
    std::string body;
    const char* message;
  } kCases[] = {
      {"", "no XML"},
      {"not xml at all", "is the endpoint an S3 store?"},
      {Listing(Object("p/a")).substr(0, 150), "no XML"},
      {"<html><body>Sign in</body></html>", "<html> instead of <ListBucketResult>"},
      {Listing("<Contents><Size>1</Size></Contents>"), "<Contents> without <Key>"},
      {Listing("<CommonPrefixes/>"), "<CommonPrefixes> without <Prefix>"},
      {Listing("<Contents><Key>p/a</Key></Contents>"), "no valid size"},
      {Listing("<Contents><Key>p/a</Key><Size>-1</Size></Contents>"), "no valid size"},
      {Listing(Object("q/a")), "heed 'prefix'"},
      {Listing(Object("p/a/b")), "heed 'delimiter'"},
      {Listing(Folder("p/a")), "does not end in '/'"},
      {Listing(Object("p/%zz")), "not percent-encoded"},
      {Listing("", truncated), "no token"},
      {Listing("", absl::StrCat(truncated, "<NextContinuationToken>t1</NextContinuationToken>")),
       "never end"},
  };
  for (const auto& c : kCases) {
    const auto listing = ParseS3Listing(c.body, "p/", "t1");
    EXPECT_TRUE(absl::IsDataLoss(listing.status())) << c.body;
    EXPECT_THAT(std::string(listing.status().message()), HasSubstr(c.message));
  }
}

TEST(S3ListingTest, ETagsHaveOneForm) {
  EXPECT_EQ(ListedEtag("\"abc\""), "\"abc\"");
  EXPECT_EQ(ListedEtag("abc"), "\"abc\"");
  EXPECT_EQ(ListedEtag(" \"abc\" "), "\"abc\"");
  EXPECT_EQ(ListedEtag("W/\"abc\""), "");
  EXPECT_EQ(ListedEtag(""), "");
}

}  // namespace
}  // namespace larder::remote

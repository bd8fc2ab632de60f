// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/remote/conformance_test.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/remote/recording_sink.h"

namespace larder::remote {
namespace {

constexpr uint64_t kMiB = 1 << 20;

// Larger than all buffers between a server and a sink that takes nothing.
constexpr uint64_t kLargeBytes = 32 * kMiB;

// Bytes that differ wherever one looks.
std::string Pattern(uint64_t size, uint64_t seed = 1) {
  std::string bytes(size, '\0');
  uint64_t state = seed * 0x9e3779b97f4a7c15u;
  for (char& byte : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

std::map<std::string, ListEntry> ByName(const absl::StatusOr<ListPage>& page) {
  std::map<std::string, ListEntry> entries;
  EXPECT_TRUE(page.ok()) << page.status();
  if (!page.ok()) return entries;
  for (const ListEntry& entry : page->entries) entries[entry.name] = entry;
  EXPECT_EQ(entries.size(), page->entries.size()) << "a name came twice";
  return entries;
}

TEST_P(StoreConformanceTest, ListsTheRoot) {
  fixture_->PutObject("one", "1");
  fixture_->PutObject("two.bin", "22");
  auto entries = ByName(ListAndWait(store(), ""));
  entries.erase("never-there");  // of the brace URL, which lists what it names
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries["one"].kind, EntryKind::kFile);
  EXPECT_EQ(entries["two.bin"].kind, EntryKind::kFile);
  EXPECT_EQ(entries["two.bin"].version.has_value(), fixture_->lists_versions());
  EXPECT_EQ(store().lists_versions(), fixture_->lists_versions());
  if (fixture_->lists_versions()) {
    EXPECT_EQ(entries["two.bin"].version->size, 2u);
  }
}

TEST_P(StoreConformanceTest, ListsNestedFolders) {
  if (!fixture_->has_folders()) GTEST_SKIP() << "no folders";
  fixture_->PutObject("a/b/c/deep", "1");
  fixture_->PutObject("a/b/file", "2");
  fixture_->PutObject("a.b", "3");
  auto root = ByName(ListAndWait(store(), ""));
  ASSERT_EQ(root.size(), 2u);
  EXPECT_EQ(root["a"].kind, EntryKind::kFolder);
  EXPECT_EQ(root["a.b"].kind, EntryKind::kFile);
  auto folder = ByName(ListAndWait(store(), "a/b"));
  ASSERT_EQ(folder.size(), 2u);
  EXPECT_EQ(folder["c"].kind, EntryKind::kFolder);
  EXPECT_EQ(folder["file"].kind, EntryKind::kFile);
}

TEST_P(StoreConformanceTest, ListsAnEmptyFolder) {
  if (!fixture_->has_folders() || !fixture_->MakeFolder("empty"))
    GTEST_SKIP() << "no empty folders";
  EXPECT_TRUE(ByName(ListAndWait(store(), "empty")).empty());
  EXPECT_EQ(ByName(ListAndWait(store(), ""))["empty"].kind, EntryKind::kFolder);
}

TEST_P(StoreConformanceTest, ListsAFolderOfFiveThousand) {
  if (!fixture_->has_folders()) GTEST_SKIP() << "no folders";
  constexpr int kCount = 5000;
  fixture_->PutMany("many", kCount);
  const auto entries = ByName(ListAndWait(store(), "many"));
  ASSERT_EQ(entries.size(), static_cast<size_t>(kCount));
  for (int i = 0; i < kCount; ++i) EXPECT_EQ(entries.count(StoreFixture::ManyName(i)), 1u) << i;
}

TEST_P(StoreConformanceTest, ListingWhatIsNoFolderIsNotFound) {
  fixture_->PutObject("file", "1");
  EXPECT_TRUE(absl::IsNotFound(ListAndWait(store(), "missing").status()));
  EXPECT_TRUE(absl::IsNotFound(ListAndWait(store(), "missing/below").status()));
  EXPECT_TRUE(absl::IsNotFound(ListAndWait(store(), "file").status()));
}

TEST_P(StoreConformanceTest, OddNamesAreReadAsTheyAre) {
  const std::vector<std::string> names = {"with blank",
                                          " leading and trailing ",
                                          "100%",
                                          "%41",
                                          "%2F",
                                          "a+b",
                                          "dt=2024-05-22",
                                          "12:30:00",
                                          "star*",
                                          "what?",
                                          "#1",
                                          "a&amp;b",
                                          "semi;colon",
                                          "comma,",
                                          "naïve-日本語-🙂",
                                          "it's",
                                          "\"quoted\"",
                                          "back\\slash",
                                          ".hidden",
                                          "..two",
                                          "...",
                                          "-dash",
                                          "~tilde",
                                          "<angle>",
                                          "{brace}",
                                          "[bracket]",
                                          "pipe|",
                                          "@at",
                                          "$dollar",
                                          "(paren)",
                                          "^caret",
                                          "`tick`",
                                          "!bang",
                                          std::string("tab\there"),
                                          std::string(255, 'x'),
                                          std::string("%25encoded%20twice"),
                                          "\xff\xfe-no-utf8"};
  std::vector<std::string> held;
  for (const std::string& name : names) {
    if (fixture_->CanHold(name)) held.push_back(name);
  }
  for (const std::string& name : held) fixture_->PutObject(name, "content of " + name);
  auto entries = ByName(ListAndWait(store(), ""));
  entries.erase("never-there");
  EXPECT_EQ(entries.size(), held.size());
  for (const std::string& name : held) {
    SCOPED_TRACE(name);
    EXPECT_EQ(entries.count(name), 1u);
    const auto attributes = StatAndWait(store(), name);
    ASSERT_TRUE(attributes.ok()) << attributes.status();
    const std::string content = "content of " + name;
    EXPECT_EQ(attributes->version.size, content.size());
    const auto bytes = ReadAndWait(store(), name, attributes->version, {0, content.size()});
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_EQ(*bytes, content);
  }
}

TEST_P(StoreConformanceTest, OddFolderNamesAreListedAsTheyAre) {
  if (!fixture_->has_folders()) GTEST_SKIP() << "no folders";
  for (const std::string folder : {"dt=2024-05-22", "a b", "50%", "q?", "x:y", "ü"}) {
    SCOPED_TRACE(folder);
    fixture_->PutObject(folder + "/file", "x");
    EXPECT_EQ(ByName(ListAndWait(store(), folder)).count("file"), 1u);
    const auto attributes = StatAndWait(store(), folder);
    ASSERT_TRUE(attributes.ok()) << attributes.status();
    EXPECT_EQ(attributes->kind, EntryKind::kFolder);
  }
}

TEST_P(StoreConformanceTest, StatTellsFilesFoldersAndWhatIsMissing) {
  fixture_->PutObject("file", "12345");
  if (fixture_->has_folders()) fixture_->PutObject("folder/below", "1");
  const auto root = StatAndWait(store(), "");
  ASSERT_TRUE(root.ok()) << root.status();
  EXPECT_EQ(root->kind, EntryKind::kFolder);
  const auto file = StatAndWait(store(), "file");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->kind, EntryKind::kFile);
  EXPECT_EQ(file->version.size, 5u);
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(store(), "missing").status()));
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(store(), "file/below").status()));
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(store(), "fil").status()));
  EXPECT_EQ(counters_.remote_errors.value(), 0u) << "not-found is an answer";
  if (!fixture_->has_folders()) return;
  const auto folder = StatAndWait(store(), "folder");
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->kind, EntryKind::kFolder);
}

TEST_P(StoreConformanceTest, ListingsAndStatAgreeOnVersions) {
  fixture_->PutObject("file", "12345");
  const ObjectVersion version = VersionOf("file");
  const auto entries = ByName(ListAndWait(store(), ""));
  if (!fixture_->lists_versions()) GTEST_SKIP() << "names only";
  ASSERT_TRUE(entries.at("file").version.has_value());
  EXPECT_TRUE(entries.at("file").version->Matches(version));
  if (store().lists_etags()) {
    EXPECT_EQ(entries.at("file").version->etag, version.etag);
  }
}

TEST_P(StoreConformanceTest, ReadsAnyRange) {
  const std::string content = Pattern(3 * kMiB + 17);
  fixture_->PutObject("object", content);
  const ObjectVersion version = VersionOf("object");
  const std::vector<ByteRange> ranges = {{0, 1},
                                         {0, 4096},
                                         {kMiB - 1, 2},
                                         {kMiB, kMiB},
                                         {content.size() - 1, 1},
                                         {content.size() - 100'000, 100'000},
                                         {0, content.size()}};
  for (const ByteRange range : ranges) {
    SCOPED_TRACE(absl::StrCat(range.offset, "+", range.length));
    const auto bytes = ReadAndWait(store(), "object", version, range);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_TRUE(*bytes == content.substr(range.offset, range.length));
  }
  EXPECT_EQ(store().supports_ranges(), fixture_->has_ranges());
  EXPECT_EQ(counters_.remote_errors.value(), 0u);
}

TEST_P(StoreConformanceTest, SinkGetsOneRunOfBytes) {
  const std::string content = Pattern(2 * kMiB);
  fixture_->PutObject("object", content);
  const ObjectVersion version = VersionOf("object");
  const ByteRange range = {kMiB, 1000};
  auto sink = std::make_shared<RecordingSink>();
  store().ReadRange("object", version, range, {}, sink);
  EXPECT_TRUE(sink->WaitForEnd().ok());
  const ByteRange came = fixture_->has_ranges() ? range : ByteRange{0, content.size()};
  EXPECT_EQ(sink->offset(), came.offset);
  EXPECT_TRUE(sink->bytes() == content.substr(came.offset, came.length));
  EXPECT_EQ(sink->starts(), 1);
  EXPECT_TRUE(version.Matches(sink->version()));
}

TEST_P(StoreConformanceTest, EmptyObjectsHaveAttributes) {
  fixture_->PutObject("empty", "");
  const auto attributes = StatAndWait(store(), "empty");
  ASSERT_TRUE(attributes.ok()) << attributes.status();
  EXPECT_EQ(attributes->kind, EntryKind::kFile);
  EXPECT_EQ(attributes->version.size, 0u);
}

TEST_P(StoreConformanceTest, AnotherVersionIsNotRead) {
  fixture_->PutObject("object", "12345678");
  const ObjectVersion version = VersionOf("object");
  ObjectVersion other = version;
  other.size += 1;
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadAndWait(store(), "object", other, {0, 4}).status()));
  other = version;
  other.etag = "\"another\"";
  if (!version.etag.empty()) {
    EXPECT_TRUE(absl::IsFailedPrecondition(ReadAndWait(store(), "object", other, {0, 4}).status()));
  }
  other = version;
  other.etag.clear();
  other.mtime += absl::Seconds(1);
  if (version.etag.empty()) {
    EXPECT_TRUE(absl::IsFailedPrecondition(ReadAndWait(store(), "object", other, {0, 4}).status()));
  }
}

TEST_P(StoreConformanceTest, AReplacedObjectIsNotReadAsTheOldOne) {
  fixture_->PutObject("object", "the old one");
  const ObjectVersion before = VersionOf("object");
  fixture_->ReplaceObject("object", "the new one");
  const auto bytes = ReadAndWait(store(), "object", before, {0, 3});
  EXPECT_TRUE(absl::IsFailedPrecondition(bytes.status())) << bytes.status();
  const ObjectVersion after = VersionOf("object");
  EXPECT_FALSE(before.Matches(after));
  EXPECT_EQ(ReadAndWait(store(), "object", after, {0, 11}).value_or(""), "the new one");
}

TEST_P(StoreConformanceTest, ARemovedObjectIsNotFound) {
  fixture_->PutObject("object", "here");
  const ObjectVersion version = VersionOf("object");
  fixture_->RemoveObject("object");
  EXPECT_TRUE(absl::IsNotFound(ReadAndWait(store(), "object", version, {0, 4}).status()));
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(store(), "object").status()));
}

TEST_P(StoreConformanceTest, PausesAndResumes) {
  const std::string content = Pattern(kLargeBytes);
  fixture_->PutObject("object", content);
  const ObjectVersion version = VersionOf("object");
  auto sink = std::make_shared<RecordingSink>(kMiB);
  const auto transfer = store().ReadRange("object", version, {0, content.size()}, {}, sink);
  sink->WaitForPause();
  EXPECT_LE(sink->bytes().size(), kMiB);
  sink->Open();
  transfer->Resume();
  EXPECT_TRUE(sink->WaitForEnd().ok());
  EXPECT_TRUE(sink->bytes() == content);
}

// All of it has come from the server before the sink takes any.
TEST_P(StoreConformanceTest, ASmallObjectWaitsForItsSinkToo) {
  fixture_->PutObject("object", "0123456789");
  const ObjectVersion version = VersionOf("object");
  auto sink = std::make_shared<RecordingSink>(/*pause_at=*/0);
  const auto transfer = store().ReadRange("object", version, {0, 10}, {}, sink);
  sink->WaitForPause();
  transfer->Resume();  // to be refused once more
  sink->Open();
  transfer->Resume();
  EXPECT_TRUE(sink->WaitForEnd().ok());
  EXPECT_EQ(sink->bytes(), "0123456789");
}

TEST_P(StoreConformanceTest, CancelEndsATransferAndHarmsNoOther) {
  const std::string content = Pattern(kLargeBytes);
  fixture_->PutObject("object", content);
  const ObjectVersion version = VersionOf("object");
  auto sink = std::make_shared<RecordingSink>(kMiB);
  const auto transfer = store().ReadRange("object", version, {0, content.size()}, {}, sink);
  sink->WaitForPause();
  transfer->Cancel();
  EXPECT_TRUE(absl::IsCancelled(sink->WaitForEnd()));
  transfer->Cancel();
  transfer->Resume();
  EXPECT_EQ(ReadAndWait(store(), "object", version, {5, 100}).value_or(""), content.substr(5, 100));
  EXPECT_EQ(counters_.remote_errors.value(), 0u) << "giving up is no error of the remote";
}

TEST_P(StoreConformanceTest, AnErrorOfTheSinkEndsTheTransfer) {
  fixture_->PutObject("object", "12345678");
  const ObjectVersion version = VersionOf("object");
  auto sink = std::make_shared<RecordingSink>();
  sink->FailStart(absl::UnavailableError("the sink says no"));
  store().ReadRange("object", version, {0, 8}, {}, sink);
  EXPECT_EQ(sink->WaitForEnd(), absl::UnavailableError("the sink says no"));
  EXPECT_EQ(sink->starts(), 1);
  EXPECT_EQ(sink->bytes(), "");
}

TEST_P(StoreConformanceTest, ClosingTheStoreAnswersWhatIsUnderWay) {
  fixture_->PutObject("object", Pattern(kLargeBytes));
  const ObjectVersion version = VersionOf("object");
  auto sink = std::make_shared<RecordingSink>(kMiB);
  const auto transfer = store().ReadRange("object", version, {0, kLargeBytes}, {}, sink);
  sink->WaitForPause();
  store_ = nullptr;
  EXPECT_TRUE(absl::IsCancelled(sink->WaitForEnd()));
  transfer->Cancel();
  transfer->Resume();
}

TEST_P(StoreConformanceTest, SixtyFourParallelReads) {
  const std::string content = Pattern(8 * kMiB);
  fixture_->PutObject("object", content);
  const ObjectVersion version = VersionOf("object");
  constexpr uint64_t kReads = 64;
  std::vector<std::shared_ptr<RecordingSink>> sinks;
  for (uint64_t i = 0; i < kReads; ++i) {
    sinks.push_back(std::make_shared<RecordingSink>());
    store().ReadRange("object", version, {i * content.size() / kReads, content.size() / kReads}, {},
                      sinks.back());
  }
  for (uint64_t i = 0; i < kReads; ++i) {
    ASSERT_TRUE(sinks[i]->WaitForEnd().ok());
    const uint64_t at = i * content.size() / kReads - sinks[i]->offset();
    EXPECT_TRUE(sinks[i]->bytes().substr(at, content.size() / kReads) ==
                content.substr(i * content.size() / kReads, content.size() / kReads))
        << i;
  }
}

TEST_P(StoreConformanceTest, ADeadServerEndsAtTheDeadline) {
  fixture_->PutObject("object", "x");
  DatasetCounters counters;
  const auto dead = fixture_->OpenDead(&counters);
  if (dead == nullptr) GTEST_SKIP() << "this kind has no server";
  const RequestOptions options = {.deadline = absl::Milliseconds(300)};
  const auto stat = StatAndWait(*dead, "object", options);
  EXPECT_TRUE(absl::IsDeadlineExceeded(stat.status())) << stat.status();
  EXPECT_NE(stat.status().message().find("127.0.0.1"), absl::string_view::npos) << stat.status();
  const auto read = ReadAndWait(*dead, "object", {.size = 1}, {0, 1}, options);
  EXPECT_TRUE(absl::IsDeadlineExceeded(read.status())) << read.status();
  EXPECT_GT(counters.remote_errors.value(), 1u) << "it was tried again";
}

TEST_P(StoreConformanceTest, ASingleTryIsNotRepeated) {
  fixture_->PutObject("object", "x");
  DatasetCounters counters;
  const auto dead = fixture_->OpenDead(&counters);
  if (dead == nullptr) GTEST_SKIP() << "this kind has no server";
  const auto read = ReadAndWait(*dead, "object", {.size = 1}, {0, 1}, {.single_try = true});
  EXPECT_TRUE(absl::IsUnavailable(read.status())) << read.status();
  EXPECT_EQ(counters.remote_requests.value(), 1u);
}

TEST_P(StoreConformanceTest, CountsRequestsAndBytes) {
  fixture_->PutObject("object", std::string(1000, 'x'));
  const ObjectVersion version = VersionOf("object");
  const uint64_t requests = counters_.remote_requests.value();
  EXPECT_GT(requests, 0u);
  const uint64_t bytes = counters_.remote_bytes.value();
  ASSERT_TRUE(ReadAndWait(store(), "object", version, {0, 1000}).ok());
  EXPECT_EQ(counters_.remote_requests.value(), requests + 1);
  EXPECT_EQ(counters_.remote_bytes.value(), bytes + 1000);
}

}  // namespace
}  // namespace larder::remote

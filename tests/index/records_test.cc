// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// The bytes of each record, frozen: caches of earlier releases hold them.
#include "index/records.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace larder::index {
namespace {

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

ObjectRecord SampleObject() {
  ObjectRecord record;
  record.layout = Layout::kObjectFile;
  record.complete = true;
  record.sync_epoch = 0x01020304;
  record.dataset = 0x1112131415161718;
  record.size = 5000000000;
  record.file_id = 7;
  record.offset = 4096;
  record.crc32c = 0xdeadbeef;
  record.block_bytes = 1 << 20;
  record.mtime = absl::FromUnixNanos(1700000000123456789);
  record.etag = "\"e\"";
  record.path = "a/b";
  return record;
}

EntryRecord SampleEntry() {
  EntryRecord record;
  record.kind = 3;
  record.has_version = true;
  record.generation = 2;
  record.listing = 9;
  record.size = 10;
  record.mtime = absl::FromUnixSeconds(1);
  record.checked_at = absl::InfinitePast();
  record.etag = "t";
  record.link_target = "../x";
  return record;
}

TEST(RecordsTest, ObjectBytesAreFrozen) {
  EXPECT_EQ(Hex(SampleObject().Encode()),
            "01"
            "02"
            "01"
            "04030201"
            "1817161514131211"
            "00f2052a01000000"
            "0700000000000000"
            "0010000000000000"
            "efbeadde"
            "00001000"
            "15cd853dfe9c9717"
            "03000000226522"
            "03000000612f62");
  EXPECT_EQ(ObjectRecord::Decode(SampleObject().Encode()), SampleObject());
}

TEST(RecordsTest, BlockBytesAreFrozen) {
  const BlockRecord record{0xdeadbeef, 5};
  EXPECT_EQ(Hex(record.Encode()),
            "01"
            "efbeadde"
            "05000000");
  EXPECT_EQ(BlockRecord::Decode(record.Encode()), record);
}

TEST(RecordsTest, EntryBytesAreFrozen) {
  EXPECT_EQ(Hex(SampleEntry().Encode()),
            "01"
            "03"
            "01"
            "02000000"
            "0900000000000000"
            "0a00000000000000"
            "00ca9a3b00000000"
            "0000000000000080"
            "0100000074"
            "040000002e2e2f78");
  EXPECT_EQ(EntryRecord::Decode(SampleEntry().Encode()), SampleEntry());
}

TEST(RecordsTest, FolderBytesAreFrozen) {
  FolderRecord record;
  record.listing = 1;
  record.entries = 2;
  record.listed_at = absl::FromUnixSeconds(1);
  EXPECT_EQ(Hex(record.Encode()),
            "01"
            "0100000000000000"
            "0200000000000000"
            "00ca9a3b00000000");
  EXPECT_EQ(FolderRecord::Decode(record.Encode()), record);
}

TEST(RecordsTest, MetaBytesAreFrozen) {
  MetaRecord record;
  record.sync_epoch = 5;
  record.synced_epoch = 4;
  record.next_file_id = 257;
  record.used_bytes = 1 << 20;
  record.unverified_from = 2;
  record.unverified_to = 3;
  record.boot_id = "b";
  EXPECT_EQ(Hex(record.Encode()),
            "01"
            "05000000"
            "04000000"
            "0101000000000000"
            "0000100000000000"
            "02000000"
            "03000000"
            "0100000062");
  EXPECT_EQ(MetaRecord::Decode(record.Encode()), record);
}

TEST(RecordsTest, WhatIsCutOrTooLongOrOfAnotherFormatIsAbsent) {
  const std::string bytes = SampleObject().Encode();
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(ObjectRecord::Decode(bytes.substr(0, length)), std::nullopt) << length;
  }
  EXPECT_EQ(ObjectRecord::Decode(bytes + "x"), std::nullopt);
  EXPECT_EQ(ObjectRecord::Decode("\x02" + bytes.substr(1)), std::nullopt);
  EXPECT_EQ(ObjectRecord::Decode(bytes.substr(0, 1) + "\x09" + bytes.substr(2)), std::nullopt);
}

TEST(RecordsTest, ABooleanThatIsNeitherIsNoRecord) {
  std::string bytes = ObjectRecord().Encode();
  ASSERT_TRUE(ObjectRecord::Decode(bytes).has_value());
  bytes[2] = 2;  // complete
  EXPECT_FALSE(ObjectRecord::Decode(bytes).has_value());
}

}  // namespace
}  // namespace larder::index

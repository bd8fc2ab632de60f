// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "index/index.h"

#include <sys/stat.h>

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace larder::index {
namespace {

class IndexTest : public ::testing::Test {
 protected:
  IndexTest() { Open(); }
  void Open() {
    index_.reset();
    IndexOptions options;
    options.path = folder_.path();
    auto index = Index::Open(options);
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *std::move(index);
  }
  void Put(const Digest& id, const ObjectRecord& record) {
    Batch batch;
    batch.PutObject(id, record);
    ASSERT_TRUE(index_->Write(std::move(batch)).ok());
  }

  testing::TempDir folder_;
  std::unique_ptr<Index> index_;
};

TEST_F(IndexTest, RecordsSurviveAReopening) {
  ObjectRecord record;
  record.path = "a/b";
  record.size = 5;
  Put(Digest::Of({"x"}), record);
  Open();
  EXPECT_EQ(*index_->GetObject(Digest::Of({"x"})), record);
  EXPECT_EQ(*index_->GetObject(Digest::Of({"y"})), std::nullopt);
}

TEST_F(IndexTest, DeletingAnObjectDeletesItsBlocksAndNoOthers) {
  const Digest one = Digest::Of({"1"});
  const Digest two = Digest::Of({"2"});
  Batch batch;
  for (const Digest& id : {one, two}) {
    batch.PutObject(id, ObjectRecord());
    for (uint32_t block : {0u, 1u, 255u, 256u, 100000u}) batch.PutBlock(id, block, {block, 1});
  }
  batch.DeleteObject(one);
  ASSERT_TRUE(index_->Write(std::move(batch)).ok());
  const auto blocks = [&](const Digest& id) {
    std::vector<uint32_t> found;
    EXPECT_TRUE(index_
                    ->ForEachBlock(id,
                                   [&](uint32_t block, const BlockRecord& record) {
                                     EXPECT_EQ(record.crc32c, block);
                                     found.push_back(block);
                                   })
                    .ok());
    return found;
  };
  EXPECT_TRUE(blocks(one).empty());
  EXPECT_EQ(blocks(two), (std::vector<uint32_t>{0, 1, 255, 256, 100000}));
}

TEST_F(IndexTest, EntriesComeInOrderAndGoOnAfterAName) {
  const FolderKey folder{1, Digest::Of({"folder"})};
  const FolderKey other{1, Digest::Of({"other"})};
  Batch batch;
  EntryRecord record;
  record.kind = 1;
  for (const char* name : {"b", "a", "a.txt", "a-1", "c"}) batch.PutEntry(folder, name, record);
  batch.PutEntry(other, "z", record);
  ASSERT_TRUE(index_->Write(std::move(batch)).ok());
  const auto names = [&](absl::string_view after, size_t limit) {
    std::vector<std::string> found;
    EXPECT_TRUE(index_
                    ->ForEachEntry(folder, after,
                                   [&](absl::string_view name, const EntryRecord&) {
                                     found.emplace_back(name);
                                     return found.size() < limit;
                                   })
                    .ok());
    return found;
  };
  EXPECT_EQ(names("", 99), (std::vector<std::string>{"a", "a-1", "a.txt", "b", "c"}));
  EXPECT_EQ(names("a", 2), (std::vector<std::string>{"a-1", "a.txt"}));
  EXPECT_EQ(names("a-", 99), (std::vector<std::string>{"a-1", "a.txt", "b", "c"}));
}

TEST_F(IndexTest, ASmallIndexIsSmallOnDisk) {
  Put(Digest::Of({"x"}), ObjectRecord());
  uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
    struct stat st;
    ASSERT_EQ(::stat(file.path().c_str(), &st), 0);
    bytes += static_cast<uint64_t>(st.st_blocks) * 512;
  }
  // RocksDB's defaults take 78 MB here; the reserve inside the quota is 4 MiB.
  EXPECT_LT(bytes, 1u << 20);
}

TEST_F(IndexTest, TheLogStaysWithinItsBound) {
  ObjectRecord record;
  record.path = std::string(200, 'p');
  for (int i = 0; i < 60000; ++i) Put(Digest::Of({std::to_string(i % 1000)}), record);
  EXPECT_LT(index_->DiskBytes(), 3 * IndexOptions().write_buffer_bytes);
}

}  // namespace
}  // namespace larder::index

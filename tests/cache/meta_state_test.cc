// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/meta_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "base/file_observer.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace larder::cache {
namespace {

class MetaStateTest : public ::testing::Test {
 protected:
  void Open(const std::string& boot_id) {
    meta_.reset();
    index_.reset();
    index::IndexOptions options;
    options.path = folder_.path() + "/index";
    auto index = index::Index::Open(options);
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *std::move(index);
    auto meta = MetaState::Open(index_.get(), boot_id, 1 << 20);
    ASSERT_TRUE(meta.ok()) << meta.status();
    meta_ = *std::move(meta);
  }
  uint32_t WriteOne() {
    auto file = File::Open(folder_.path() + "/file", O_RDWR | O_CREAT);
    const uint32_t epoch = meta_->BeginWrite(std::make_shared<const File>(*std::move(file)));
    meta_->EndWrite(epoch);
    return epoch;
  }

  larder::testing::TempDir folder_;
  std::unique_ptr<index::Index> index_;
  std::unique_ptr<MetaState> meta_;
};

TEST_F(MetaStateTest, FileIdsAreNeverReused) {
  Open("boot");
  uint64_t last = 0;
  for (int i = 0; i < 600; ++i) {
    const auto id = meta_->NewFileId();
    ASSERT_TRUE(id.ok());
    EXPECT_GT(*id, last);
    last = *id;
  }
  Open("boot");
  EXPECT_GT(*meta_->NewFileId(), last);
  EXPECT_GT(meta_->first_new_file_id(), last);
}

TEST_F(MetaStateTest, ADaemonsDeathLeavesRecordsGood) {
  Open("boot");
  const uint32_t epoch = WriteOne();
  Open("boot");
  EXPECT_FALSE(meta_->IsUnverified(epoch));
}

TEST_F(MetaStateTest, AMachinesCrashLeavesUnsyncedRecordsUnverifiedForGood) {
  Open("boot 1");
  const uint32_t synced = WriteOne();
  ASSERT_TRUE(meta_->Checkpoint(absl::InfiniteFuture(), 0).ok());
  const uint32_t unsynced = WriteOne();
  Open("boot 2");
  EXPECT_FALSE(meta_->IsUnverified(synced));
  EXPECT_TRUE(meta_->IsUnverified(unsynced));
  const uint32_t later = WriteOne();
  EXPECT_FALSE(meta_->IsUnverified(later));
  Open("boot 2");
  EXPECT_TRUE(meta_->IsUnverified(unsynced)) << "the same boot does not make them good";
  EXPECT_FALSE(meta_->IsUnverified(later));
}

TEST_F(MetaStateTest, TheUsedBoundIsNeverBelowWhatWasUsed) {
  Open("boot");
  ASSERT_TRUE(meta_->RaiseUsedBound(5000000).ok());
  Open("boot");
  EXPECT_GE(meta_->used_bytes_at_open(), 5000000u);
  WriteOne();
  ASSERT_TRUE(meta_->Checkpoint(absl::InfiniteFuture(), 100).ok());
  Open("boot");
  EXPECT_LE(meta_->used_bytes_at_open(), 1u << 20);
}

TEST_F(MetaStateTest, ARecordOfTheEpochThatACheckpointBeganIsUnverifiedAfterACutDuringIt) {
  Open("boot 1");
  const auto held = std::make_shared<const File>();
  const uint32_t before = meta_->BeginWrite(held);
  // The write under way holds the checkpoint back, until it gives up.
  std::thread checkpoint([&] {
    EXPECT_TRUE(
        absl::IsDeadlineExceeded(meta_->Checkpoint(absl::Now() + absl::Milliseconds(300), 0)));
  });
  uint32_t during = before;
  while (during == before) {
    during = WriteOne();
    absl::SleepFor(absl::Milliseconds(1));
  }
  checkpoint.join();
  meta_->EndWrite(before);
  Open("boot 2");
  EXPECT_TRUE(meta_->IsUnverified(before));
  EXPECT_TRUE(meta_->IsUnverified(during));
}

TEST_F(MetaStateTest, AFileTouchedDuringACheckpointIsSyncedByTheNext) {
  // Counts the syncs that come when the second write has ended.
  class Syncs : public FileObserver {
   public:
    void Before(const FileChange& change) override {
      if (change.kind == FileChange::Kind::kSync && written_) ++after_write_;
    }
    void After(const FileChange& change, const absl::Status& result) override {}
    std::atomic<bool> written_ = false;
    std::atomic<int> after_write_ = 0;
  } syncs;
  Open("boot");
  auto opened = File::Open(folder_.path() + "/touched", O_RDWR | O_CREAT, 0600, &syncs);
  ASSERT_TRUE(opened.ok());
  const auto touched = std::make_shared<const File>(*std::move(opened));
  const uint32_t first = meta_->BeginWrite(touched);
  std::thread checkpoint([&] { EXPECT_TRUE(meta_->Checkpoint(absl::InfiniteFuture(), 0).ok()); });
  // The checkpoint waits for the first write; the second one is of the new epoch.
  uint32_t second = meta_->BeginWrite(touched);
  while (second == first) {
    meta_->EndWrite(second);
    absl::SleepFor(absl::Milliseconds(1));  // lets the checkpoint have the lock
    second = meta_->BeginWrite(touched);
  }
  meta_->EndWrite(first);
  checkpoint.join();
  syncs.written_ = true;
  meta_->EndWrite(second);
  WriteOne();
  ASSERT_TRUE(meta_->Checkpoint(absl::InfiniteFuture(), 0).ok());
  EXPECT_EQ(syncs.after_write_, 1);
}

TEST_F(MetaStateTest, EpochsOfAFailedSyncAreUnverifiedForLaterRuns) {
  Open("boot");
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const File other_end(ends[1], "the other end");
  uint32_t epoch = 0;
  {
    // fdatasync(2) of a pipe fails.
    const auto file = std::make_shared<const File>(ends[0], "a pipe");
    epoch = meta_->BeginWrite(file);
    meta_->EndWrite(epoch);
  }
  EXPECT_FALSE(meta_->Checkpoint(absl::InfiniteFuture(), 0).ok());
  Open("boot");
  EXPECT_TRUE(meta_->IsUnverified(epoch));
}

TEST_F(MetaStateTest, ACheckpointWithoutTimeNotesNothingAsSynced) {
  Open("boot 1");
  const uint32_t epoch = WriteOne();
  EXPECT_TRUE(absl::IsDeadlineExceeded(meta_->Checkpoint(absl::InfinitePast(), 0)));
  Open("boot 2");
  EXPECT_TRUE(meta_->IsUnverified(epoch));
}

}  // namespace
}  // namespace larder::cache

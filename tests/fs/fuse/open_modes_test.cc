// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/open_modes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "tests/fs/fuse/fake_filesystem.h"

namespace larder::fuse {
namespace {

constexpr fs::InodeNumber kInode = 42;
constexpr int kFd = 9;

class FakeBackingFiles final : public BackingFiles {
 public:
  absl::StatusOr<int> Register(int fd) override {
    MutexLock lock(&mutex_);
    if (!refusal_.ok()) return refusal_;
    ++registered_;
    EXPECT_LE(++open_, 1) << "a second backing file of one inode is EBUSY";
    return ++last_id_;
  }
  void Unregister(int backing_id) override {
    MutexLock lock(&mutex_);
    EXPECT_EQ(backing_id, last_id_);
    --open_;
  }
  void Refuse(absl::Status status) {
    MutexLock lock(&mutex_);
    refusal_ = std::move(status);
  }
  int open() {
    MutexLock lock(&mutex_);
    return open_;
  }
  int registered() {
    MutexLock lock(&mutex_);
    return registered_;
  }

 private:
  Mutex mutex_;
  absl::Status refusal_ ABSL_GUARDED_BY(mutex_);
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
  int registered_ ABSL_GUARDED_BY(mutex_) = 0;
  int last_id_ ABSL_GUARDED_BY(mutex_) = 0;
};

class OpenModesTest : public ::testing::Test {
 protected:
  OpenModesTest() { modes_.AllowPassthrough(); }
  OpenModes::Opened Open() { return modes_.Open(kInode, object_, files_); }
  void Release() { modes_.Release(kInode, files_); }

  ThreadPool pool_{"open-modes", 1};
  std::shared_ptr<FakeObject> object_ = std::make_shared<FakeObject>("content", &pool_);
  FakeBackingFiles files_;
  OpenModes modes_;
};

TEST_F(OpenModesTest, AnIncompleteObjectIsOpenedCached) {
  EXPECT_EQ(Open().backing_id, 0);
  EXPECT_EQ(modes_.Find(kInode), object_);
  Release();
  EXPECT_EQ(modes_.Find(kInode), nullptr);
  EXPECT_EQ(modes_.size(), 0);
}

TEST_F(OpenModesTest, OpensOfACompleteObjectShareOneBackingId) {
  object_->SetBackingFd(kFd);
  const int id = Open().backing_id;
  EXPECT_GT(id, 0);
  EXPECT_EQ(Open().backing_id, id);
  EXPECT_EQ(files_.registered(), 1);
  Release();
  EXPECT_EQ(files_.open(), 1);
  Release();
  EXPECT_EQ(files_.open(), 0);
  EXPECT_EQ(modes_.size(), 0);
}

TEST_F(OpenModesTest, CompletionWhileOpenWaitsForTheLastRelease) {
  EXPECT_EQ(Open().backing_id, 0);
  object_->SetBackingFd(kFd);
  EXPECT_EQ(Open().backing_id, 0);
  Release();
  EXPECT_EQ(Open().backing_id, 0);
  Release();
  Release();
  EXPECT_GT(Open().backing_id, 0);
  Release();
}

TEST_F(OpenModesTest, PassthroughStaysEvenWhenTheObjectLosesItsFile) {
  object_->SetBackingFd(kFd);
  const int id = Open().backing_id;
  object_->SetBackingFd(-1);
  EXPECT_EQ(Open().backing_id, id);
  Release();
  Release();
  EXPECT_EQ(Open().backing_id, 0);
  Release();
}

TEST_F(OpenModesTest, ARefusedBackingFileMeansCached) {
  object_->SetBackingFd(kFd);
  files_.Refuse(absl::PermissionDeniedError("not you"));
  const OpenModes::Opened refused = Open();
  EXPECT_EQ(refused.backing_id, 0);
  EXPECT_TRUE(absl::IsPermissionDenied(refused.refused));
  EXPECT_EQ(Open().backing_id, 0);
  Release();
  Release();
  EXPECT_EQ(files_.open(), 0);
}

TEST_F(OpenModesTest, ForbiddenPassthroughIsNotTried) {
  object_->SetBackingFd(kFd);
  modes_.ForbidPassthrough();
  EXPECT_EQ(Open().backing_id, 0);
  EXPECT_EQ(files_.registered(), 0);
  Release();
}

TEST_F(OpenModesTest, TheObjectLivesUntilTheLastRelease) {
  const std::weak_ptr<FakeObject> weak = object_;
  Open();
  Open();
  object_.reset();
  Release();
  EXPECT_FALSE(weak.expired());
  Release();
  EXPECT_TRUE(weak.expired());
}

TEST_F(OpenModesTest, AReleaseTooManyIsNothing) {
  Release();
  Open();
  Release();
  Release();
  EXPECT_EQ(modes_.size(), 0);
}

// The kernel's rules, checked at each open under load: modes never mix, and one backing file at a
// time.
TEST_F(OpenModesTest, ModesNeverMixUnderLoad) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 3000;
  std::atomic<int> cached{0};
  std::atomic<int> passed{0};
  std::atomic<bool> done{false};
  std::thread completer([&] {
    for (bool complete = false; !done; complete = !complete) {
      object_->SetBackingFd(complete ? kFd : -1);
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> openers;
  for (int t = 0; t < kThreads; ++t) {
    openers.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        const bool passthrough = Open().backing_id != 0;
        (passthrough ? passed : cached)++;
        EXPECT_EQ((passthrough ? cached : passed).load(), 0);
        EXPECT_NE(modes_.Find(kInode), nullptr);
        (passthrough ? passed : cached)--;
        Release();
      }
    });
  }
  for (std::thread& opener : openers) opener.join();
  done = true;
  completer.join();
  EXPECT_EQ(files_.open(), 0);
  EXPECT_EQ(modes_.size(), 0);
}

}  // namespace
}  // namespace larder::fuse

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// What is particular to folders of this machine; the rest is in conformance_test.cc.
#include "remote/directory_store.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>

#include "base/file.h"
#include "tests/remote/recording_sink.h"
#include "tests/testing/temp_dir.h"

namespace larder::remote {
namespace {

class DirectoryStoreTest : public ::testing::Test {
 protected:
  DirectoryStoreTest() {
    std::filesystem::create_directory(root_);
    Write("file", "inside");
  }
  void Write(const std::string& name, absl::string_view content) {
    ASSERT_TRUE(WriteFileAtomically(root_ + "/" + name, content).ok());
  }
  std::map<std::string, ListEntry> List(const std::string& path) {
    std::map<std::string, ListEntry> entries;
    const auto page = ListAndWait(store_, path);
    EXPECT_TRUE(page.ok()) << page.status();
    if (page.ok()) {
      for (const ListEntry& entry : page->entries) entries[entry.name] = entry;
    }
    return entries;
  }

  testing::TempDir folder_;
  const std::string root_ = folder_.path() + "/root";
  DatasetCounters counters_;
  DirectoryStore store_{root_, &counters_};
};

TEST_F(DirectoryStoreTest, SymlinksAreShownAsSymlinks) {
  std::filesystem::create_symlink("file", root_ + "/good");
  std::filesystem::create_symlink("../../secret", root_ + "/out");
  std::filesystem::create_directory_symlink("/etc", root_ + "/etc");
  auto entries = List("");
  EXPECT_EQ(entries["good"].kind, EntryKind::kSymlink);
  EXPECT_EQ(entries["good"].link_target, "file");
  EXPECT_EQ(entries["out"].link_target, "../../secret");
  const auto link = StatAndWait(store_, "etc");
  ASSERT_TRUE(link.ok()) << link.status();
  EXPECT_EQ(link->kind, EntryKind::kSymlink);
  EXPECT_EQ(link->link_target, "/etc");
}

TEST_F(DirectoryStoreTest, SymlinksAreNeverFollowed) {
  ASSERT_TRUE(WriteFileAtomically(folder_.path() + "/outside", "secret").ok());
  std::filesystem::create_symlink("../outside", root_ + "/link");
  std::filesystem::create_directory_symlink("/etc", root_ + "/etc");
  EXPECT_TRUE(absl::IsNotFound(ReadAndWait(store_, "link", {.size = 6}, {0, 6}).status()));
  EXPECT_TRUE(absl::IsNotFound(ListAndWait(store_, "etc").status()));
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(store_, "etc/passwd").status()));
  for (const char* path : {"../outside", "..", ".", "./file", "/etc/passwd", "a//b", "file/"}) {
    EXPECT_TRUE(absl::IsNotFound(StatAndWait(store_, path).status())) << path;
    EXPECT_TRUE(absl::IsNotFound(ReadAndWait(store_, path, {.size = 6}, {0, 6}).status())) << path;
  }
}

TEST_F(DirectoryStoreTest, WhatIsNoFileIsLeftOut) {
  ASSERT_EQ(mkfifo((root_ + "/fifo").c_str(), 0600), 0);
  EXPECT_EQ(List("").size(), 1u);
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(store_, "fifo").status()));
  EXPECT_TRUE(absl::IsNotFound(ReadAndWait(store_, "fifo", {}, {0, 1}).status()))
      << "and nothing hangs";
}

TEST_F(DirectoryStoreTest, ARootThatNeverWasIsNotFound) {
  DirectoryStore store(folder_.path() + "/missing", &counters_);
  const auto status = StatAndWait(store, "").status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_NE(status.message().find("mounted"), absl::string_view::npos) << status;
}

TEST_F(DirectoryStoreTest, ARootThatVanishesIsUnavailable) {
  ASSERT_TRUE(StatAndWait(store_, "").ok());
  std::filesystem::rename(root_, root_ + ".away");
  for (const char* path : {"", "file"}) {
    const auto status = StatAndWait(store_, path, {.single_try = true}).status();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_NE(status.message().find(root_), absl::string_view::npos) << status;
  }
  const auto late = StatAndWait(store_, "file", {.deadline = absl::Milliseconds(200)}).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;
}

TEST_F(DirectoryStoreTest, ARootThatComesBackIsFoundAgain) {
  ASSERT_TRUE(StatAndWait(store_, "").ok());
  std::filesystem::rename(root_, root_ + ".away");
  std::promise<absl::StatusOr<Attributes>> answer;
  store_.Stat("file", {},
              [&](absl::StatusOr<Attributes> found) { answer.set_value(std::move(found)); });
  while (counters_.remote_errors.value() == 0) std::this_thread::yield();
  std::filesystem::rename(root_ + ".away", root_);
  EXPECT_TRUE(answer.get_future().get().ok());
}

TEST_F(DirectoryStoreTest, AnUnmountedRootIsUnavailableThoughItsMountpointIsThere) {
  const std::string mountpoint = folder_.path() + "/mnt";
  std::filesystem::create_directory(mountpoint);
  if (mount("none", mountpoint.c_str(), "tmpfs", 0, nullptr) != 0)
    GTEST_SKIP() << "mounting needs root";
  ASSERT_TRUE(WriteFileAtomically(mountpoint + "/file", "x").ok());
  DirectoryStore store(mountpoint, &counters_);
  ASSERT_TRUE(StatAndWait(store, "file").ok());
  ASSERT_EQ(umount(mountpoint.c_str()), 0);
  const auto status = StatAndWait(store, "file", {.single_try = true}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST_F(DirectoryStoreTest, AFileThatChangesBetweenTwoPiecesEndsTheRead) {
  const std::string content(4 * DirectoryStore::kReadBytes, 'a');
  Write("large", content);
  const auto before = StatAndWait(store_, "large");
  ASSERT_TRUE(before.ok());
  auto sink = std::make_shared<RecordingSink>(DirectoryStore::kReadBytes);
  const auto transfer = store_.ReadRange("large", before->version, {0, content.size()}, {}, sink);
  sink->WaitForPause();
  Write("large", std::string(content.size(), 'b'));
  auto file = File::Open(root_ + "/large", O_WRONLY);
  ASSERT_TRUE(file.ok());
  sink->Open();
  transfer->Resume();
  // The open file is still the old one: renamed over, not written to. Its bytes are whole, and its
  // ctime has changed with its link count, so it may end either way; but never mixed.
  const absl::Status status = sink->WaitForEnd();
  EXPECT_TRUE(status.ok() || absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(sink->bytes().find('b'), std::string::npos);
  EXPECT_TRUE(
      absl::IsFailedPrecondition(ReadAndWait(store_, "large", before->version, {0, 10}).status()));
}

TEST_F(DirectoryStoreTest, AFileWrittenInPlaceEndsTheRead) {
  const std::string content(4 * DirectoryStore::kReadBytes, 'a');
  Write("large", content);
  const auto before = StatAndWait(store_, "large");
  ASSERT_TRUE(before.ok());
  auto sink = std::make_shared<RecordingSink>(DirectoryStore::kReadBytes);
  const auto transfer = store_.ReadRange("large", before->version, {0, content.size()}, {}, sink);
  sink->WaitForPause();
  auto file = File::Open(root_ + "/large", O_WRONLY);
  ASSERT_TRUE(file.ok());
  do {
    ASSERT_TRUE(file->WriteAt(content.size() - 1, "b").ok());
  } while (before->version.Matches(StatAndWait(store_, "large")->version));
  sink->Open();
  transfer->Resume();
  EXPECT_TRUE(absl::IsFailedPrecondition(sink->WaitForEnd()));
  EXPECT_EQ(sink->bytes().find('b'), std::string::npos);
}

TEST_F(DirectoryStoreTest, UnreadableFilesSayWhoMustReadThem) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  ASSERT_EQ(chmod((root_ + "/file").c_str(), 0), 0);
  const auto status = ReadAndWait(store_, "file", {.size = 6}, {0, 6}).status();
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
}

TEST_F(DirectoryStoreTest, UrlsAreEncoded) {
  EXPECT_EQ(store_.Url("a b/c%"), "file://" + root_ + "/a%20b/c%25");
  EXPECT_EQ(DirectoryStore("/", &counters_).Url("etc"), "file:///etc");
}

// A call that waits on what never comes, as on a dead server.
class StuckCall : public BlockingCall {
 public:
  StuckCall(const Context& context, const RequestOptions& options, std::shared_future<void> release)
      : BlockingCall(context, options), release_(std::move(release)) {}
  absl::Status Wait() { return answer_.get_future().get(); }

 protected:
  void Work() override {
    release_.wait();
    Finish(absl::OkStatus());
  }
  void Deliver(const absl::Status& status) override { answer_.set_value(status); }

 private:
  const std::shared_future<void> release_;
  std::promise<absl::Status> answer_;
};

class BlockingCallTest : public ::testing::Test {
 protected:
  ~BlockingCallTest() override {
    if (!released_) release_.set_value();
    timers_.Stop();
  }
  std::shared_ptr<StuckCall> Begin(const RequestOptions& options) {
    auto call = std::make_shared<StuckCall>(context_, options, future_);
    call->Begin();
    return call;
  }

  std::promise<void> release_;
  std::shared_future<void> future_ = release_.get_future();
  bool released_ = false;
  DatasetCounters counters_;
  BlockingPool pool_{2};
  TimerQueue timers_;
  const BlockingCall::Context context_{&pool_, &timers_, &counters_};
};

TEST_F(BlockingCallTest, AStuckCallEndsAtItsDeadline) {
  const auto call = Begin({.deadline = absl::Milliseconds(50)});
  const absl::Status status = call->Wait();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
}

TEST_F(BlockingCallTest, AStuckCallCanBeCancelled) {
  const auto call = Begin({});
  call->Cancel();
  EXPECT_TRUE(absl::IsCancelled(call->Wait()));
}

TEST_F(BlockingCallTest, OneStuckCallDoesNotHoldAnother) {
  const auto stuck = Begin({});
  std::promise<void> ran;
  pool_.Run([&] { ran.set_value(); });
  ran.get_future().wait();
}

TEST_F(BlockingCallTest, StoppingAnswersStuckCalls) {
  const auto call = Begin({});
  timers_.Stop();
  EXPECT_TRUE(absl::IsCancelled(call->Wait()));
}

TEST_F(BlockingCallTest, AnAnswerThatCameIsTheAnswer) {
  const auto call = Begin({});
  release_.set_value();
  released_ = true;
  EXPECT_TRUE(call->Wait().ok());
}

}  // namespace
}  // namespace larder::remote

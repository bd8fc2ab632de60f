// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/warm_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "tests/fs/fuse/fake_filesystem.h"

namespace larder {
namespace {

using ::testing::HasSubstr;

class WarmJobTest : public ::testing::Test {
 protected:
  absl::StatusOr<WarmProgress> Warm(const std::vector<std::string>& paths) {
    WarmJob job(&filesystem_, [this](const WarmProgress& progress) {
      ++reports_;
      EXPECT_LE(progress.done_bytes, 1000 * 100);
      return report_status_;
    });
    return job.Run(paths);
  }
  fuse::FakeFilesystem filesystem_;
  absl::Status report_status_;
  int reports_ = 0;
};

TEST_F(WarmJobTest, EverythingBelowIsLoadedAndCounted) {
  filesystem_.AddFolder("folder");
  for (int i = 0; i < 1000; ++i) {
    filesystem_.AddFile(absl::StrCat("folder/", i), std::string(100, 'x'))->SetAsynchronous(i % 2);
  }
  filesystem_.AddFile("other", "x");
  const auto progress = Warm({"folder"});
  ASSERT_TRUE(progress.ok()) << progress.status();
  EXPECT_EQ(progress->done_files, 1000);
  EXPECT_EQ(progress->total_files, 1000);
  EXPECT_EQ(progress->done_bytes, 100'000);
  EXPECT_EQ(progress->total_bytes, 100'000);
  EXPECT_TRUE(progress->counted);
  EXPECT_EQ(progress->failed_files, 0);
  EXPECT_EQ(Warm({"other", "folder/7"})->done_bytes, 101);
}

TEST_F(WarmJobTest, FilesThatFailAreCountedAndTheFirstIsNamed) {
  filesystem_.AddFile("a", "x");
  filesystem_.AddFile("b", "x")->SetError(absl::UnavailableError("the remote is away"));
  filesystem_.AddFile("c", "x");
  const auto progress = Warm({""});
  ASSERT_TRUE(progress.ok()) << progress.status();
  EXPECT_EQ(progress->done_files, 2);
  EXPECT_EQ(progress->failed_files, 1);
  EXPECT_EQ(progress->first_failure, "b: the remote is away");
}

TEST_F(WarmJobTest, FilesThatCannotBeOpenedAreCountedToo) {
  filesystem_.AddFile("a", "x");
  filesystem_.SetOpenError(absl::FailedPreconditionError("another version"));
  const auto progress = Warm({""});
  ASSERT_TRUE(progress.ok()) << progress.status();
  EXPECT_EQ(progress->first_failure, "a: another version");
}

TEST_F(WarmJobTest, APathThatIsNotThereIsAnError) {
  EXPECT_TRUE(absl::IsNotFound(Warm({"nothing"}).status()));
}

TEST_F(WarmJobTest, ItEndsWhenNobodyListensAnyMore) {
  std::vector<std::shared_ptr<fuse::FakeObject>> objects;
  for (int i = 0; i < 100; ++i) {
    objects.push_back(filesystem_.AddFile(absl::StrCat(i), "x"));
    objects.back()->SetStalled(true);
  }
  std::atomic<int> reports{0};
  WarmJob job(&filesystem_, [&](const WarmProgress& progress) -> absl::Status {
    if (++reports < 2) return absl::OkStatus();
    // What was under way has to end by itself.
    for (const auto& object : objects) object->SetStalled(false);
    return absl::CancelledError("hung up");
  });
  EXPECT_TRUE(absl::IsCancelled(job.Run({""}).status()));
}

}  // namespace
}  // namespace larder

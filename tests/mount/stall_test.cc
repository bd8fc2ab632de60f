// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// A remote that does not answer: readers can be killed, hits go on.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/mount/mount_fixture.h"
#include "tests/testing/lying_server.h"

namespace larder::testing {
namespace {

// The promise is a second; a loaded machine gets more.
constexpr absl::Duration kGoneWithin = absl::Seconds(5);

class StallTest : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    server_ = std::make_unique<LyingServer>(
        [this](const LyingServer::Request& request, int, LyingServer::Answer& answer) {
          Serve(request, answer);
        });
    source_ = server_->url() + "/data/";
  }

  // nginx's JSON listing, and three objects. GETs of "dead" come to no end while stalled_.
  void Serve(const LyingServer::Request& request, LyingServer::Answer& answer) {
    const std::string etag = "ETag: \"1\"";
    const std::string time = "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT";
    const bool dead = absl::EndsWith(request.target, "/dead") ||
                      absl::EndsWith(request.target, "/dead-folder/") ||
                      absl::EndsWith(request.target, "/dead-name");
    if (dead && stalled_ && (request.method == "GET" || request.target != "/data/dead")) {
      ++waiting_;
      answer.Stall();
      return;
    }
    if (request.target == "/data/") {
      const std::string mtime = "\"mtime\":\"Tue, 14 Nov 2023 22:13:20 GMT\"";
      answer.Send(
          200, {"Content-Type: application/json"},
          absl::StrCat("[{\"name\":\"dead\",\"type\":\"file\",", mtime, ",\"size\":", dead_.size(),
                       "},{\"name\":\"good\",\"type\":\"file\",", mtime, ",\"size\":", good_.size(),
                       "},{\"name\":\"dead-folder\",\"type\":\"directory\",", mtime, "}]"));
    } else if (absl::EndsWith(request.target, "/dead")) {
      AnswerTruthfully(request, dead_, {etag, time}, answer);
    } else if (absl::EndsWith(request.target, "/good")) {
      AnswerTruthfully(request, good_, {etag, time}, answer);
    } else {
      answer.Send(404, {}, "");
    }
  }

  void ExpectQuickEnd(Program& program) {
    const absl::Time start = absl::Now();
    program.Signal(SIGKILL);
    ASSERT_TRUE(program.Wait(kGoneWithin).has_value()) << "the killed reader is still there";
    std::cout << "[ took     ] " << absl::FormatDuration(absl::Now() - start) << "\n";
  }

  const std::string dead_ = Pattern(80 << 20, 1);
  const std::string good_ = Pattern(24 << 20, 2);
  std::atomic<bool> stalled_{true};
  std::atomic<int> waiting_{0};
  std::unique_ptr<LyingServer> server_;
};

TEST_F(StallTest, AKilledReaderIsGoneSoon) {
  Mount();
  for (const std::vector<std::string>& reader : std::vector<std::vector<std::string>>{
           {"cat", Path("dead")},
           {"dd", "iflag=direct", "bs=1M", "skip=20", "if=" + Path("dead")},
           {"ls", Path("dead-folder")},
           {"stat", Path("dead-name")}}) {
    const int waiting = waiting_;
    Program program(reader);
    ASSERT_TRUE(Eventually([&] { return waiting_ > waiting; })) << reader[0];
    ExpectQuickEnd(program);
  }
}

TEST_F(StallTest, StalledMissesDoNotHoldBackHits) {
  constexpr int kMisses = 64;
  Mount();
  ASSERT_TRUE(ReadAll(Path("good")) == good_);
  std::vector<std::unique_ptr<Program>> readers;
  for (int i = 0; i < kMisses; ++i) {
    readers.push_back(std::make_unique<Program>(std::vector<std::string>{
        "dd", "bs=4096", "count=1", absl::StrCat("skip=", i * 300), "if=" + Path("dead")}));
  }
  ASSERT_TRUE(Eventually([&] { return waiting_ >= kMisses / 2; })) << waiting_;
  DropPageCache(Path("good"));
  const absl::Time start = absl::Now();
  EXPECT_TRUE(ReadAll(Path("good")) == good_);
  std::cout << "[ hits     ] 24 MiB in " << absl::FormatDuration(absl::Now() - start) << " beside "
            << waiting_ << " stalled requests\n";
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  for (const auto& reader : readers) EXPECT_FALSE(reader->Wait(absl::ZeroDuration()).has_value());
  for (const auto& reader : readers) ExpectQuickEnd(*reader);
}

TEST_F(StallTest, UmountEndsADaemonWhoseRemoteIsDead) {
  Mount();
  const int waiting = waiting_;
  Program program({"cat", Path("dead")});
  ASSERT_TRUE(Eventually([&] { return waiting_ > waiting; }));
  const absl::Time start = absl::Now();
  daemon_->Signal(SIGTERM);
  const auto ended = daemon_->Wait(absl::Seconds(20));
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->exit_status, 0) << ended->errors;
  std::cout << "[ took     ] " << absl::FormatDuration(absl::Now() - start) << "\n";
  daemon_ = nullptr;
  EXPECT_TRUE(program.Wait(kGoneWithin).has_value());
}

}  // namespace
}  // namespace larder::testing

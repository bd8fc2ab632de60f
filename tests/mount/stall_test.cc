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
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/mount/mount_fixture.h"
#include "tests/testing/lying_server.h"

namespace larder::testing {
namespace {

// The promise is a second; a loaded machine gets more.
constexpr absl::Duration kGoneWithin = absl::Seconds(5);

class StallTest : public MountTest {
 protected:
  static constexpr int kDead = 64;

  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    server_ = std::make_unique<LyingServer>(
        [this](const LyingServer::Request& request, int, LyingServer::Answer& answer) {
          Serve(request, answer);
        });
    source_ = server_->url() + "/data/";
  }

  // nginx's JSON listing, one object that is always there, and kDead whose bytes never come.
  void Serve(const LyingServer::Request& request, LyingServer::Answer& answer) {
    const std::string etag = "ETag: \"1\"";
    const std::string time = "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT";
    if (request.target == "/data/") {
      answer.Send(200, {"Content-Type: application/json"}, Listing());
    } else if (absl::EndsWith(request.target, "/good")) {
      AnswerTruthfully(request, good_, {etag, time}, answer);
    } else if (request.method == "HEAD" && absl::StartsWith(request.target, "/data/dead-file")) {
      AnswerTruthfully(request, dead_, {etag, time}, answer);
    } else if (absl::StrContains(request.target, "/dead")) {
      ++waiting_;
      answer.Stall();
    } else {
      answer.Send(404, {}, "");
    }
  }
  std::string Listing() const {
    const auto entry = [](absl::string_view name, absl::string_view type, size_t size) {
      return absl::StrCat("{\"name\":\"", name, "\",\"type\":\"", type,
                          "\",\"mtime\":\"Tue, 14 Nov 2023 22:13:20 GMT\",\"size\":", size, "}");
    };
    std::vector<std::string> entries = {entry("good", "file", good_.size()),
                                        entry("dead-folder", "directory", 0)};
    for (int i = 0; i < kDead; ++i) {
      entries.push_back(entry(absl::StrCat("dead-file-", i), "file", dead_.size()));
    }
    return absl::StrCat("[", absl::StrJoin(entries, ","), "]");
  }

  void ExpectQuickEnd(Program& program) {
    const absl::Time start = absl::Now();
    program.Signal(SIGKILL);
    ASSERT_TRUE(program.Wait(kGoneWithin).has_value()) << "the killed reader is still there";
    std::cout << "[ took     ] " << absl::FormatDuration(absl::Now() - start) << "\n";
  }

  const std::string dead_ = std::string(3 << 20, 'd');
  const std::string good_ = Pattern(24 << 20, 2);
  std::atomic<int> waiting_{0};
  std::unique_ptr<LyingServer> server_;
};

TEST_F(StallTest, AKilledReaderIsGoneSoon) {
  Mount();
  for (const std::vector<std::string>& reader : std::vector<std::vector<std::string>>{
           {"cat", Path("dead-file-1")},
           {"dd", "iflag=direct", "bs=1M", "if=" + Path("dead-file-2")},
           {"ls", Path("dead-folder")},
           {"stat", Path("dead-name")}}) {
    const int waiting = waiting_;
    Program program(reader);
    ASSERT_TRUE(Eventually([&] { return waiting_ > waiting; })) << reader[0];
    ExpectQuickEnd(program);
  }
}

TEST_F(StallTest, StalledMissesDoNotHoldBackHits) {
  Mount();
  ASSERT_TRUE(ReadAll(Path("good")) == good_);
  std::vector<std::unique_ptr<Program>> readers;
  for (int i = 0; i < kDead; ++i) {
    readers.push_back(std::make_unique<Program>(
        std::vector<std::string>{"dd", "bs=4096", "if=" + Path(absl::StrCat("dead-file-", i))}));
  }
  ASSERT_TRUE(Eventually([&] { return Dataset()["opens"] == kDead + 1; })) << Dataset();
  ASSERT_TRUE(Eventually([&] { return waiting_ >= kDead / 2; })) << waiting_;
  DropPageCache(Path("good"));
  const absl::Time start = absl::Now();
  EXPECT_TRUE(ReadAll(Path("good")) == good_);
  std::cout << "[ hits     ] 24 MiB in " << absl::FormatDuration(absl::Now() - start) << " beside "
            << waiting_ << " stalled requests\n";
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  for (const auto& reader : readers) EXPECT_FALSE(reader->Wait(absl::ZeroDuration()).has_value());
  for (const auto& reader : readers) reader->Signal(SIGKILL);
  for (const auto& reader : readers) EXPECT_TRUE(reader->Wait(kGoneWithin).has_value());
}

TEST_F(StallTest, UmountEndsADaemonWhoseRemoteIsDead) {
  Mount();
  const int waiting = waiting_;
  Program program({"cat", Path("dead-file-0")});
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

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// The control socket: server against client, and against what no client of ours would send.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daemon/control_client.h"
#include "daemon/control_server.h"
#include "daemon/line_channel.h"
#include "daemon/runtime_folder.h"
#include "tests/testing/temp_dir.h"

namespace larder {
namespace {

using ::testing::HasSubstr;

bool Eventually(const std::function<bool()>& holds) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!holds()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

class ControlTest : public ::testing::Test {
 protected:
  void Start() {
    auto server = ControlServer::Create(
        folder_.path(), {{"echo", [](const Json& request, ControlCall&) { return request; }},
                         {"fail",
                          [](const Json&, ControlCall&) -> absl::StatusOr<Json> {
                            return absl::NotFoundError("no such thing\xff");
                          }},
                         {"count",
                          [](const Json& request, ControlCall& call) -> absl::StatusOr<Json> {
                            for (uint64_t i = 0; i < NumberIn(request, "to"); ++i) {
                              if (absl::Status sent = call.SendProgress({{"at", i}}); !sent.ok())
                                return sent;
                            }
                            return Json{{"counted", true}};
                          }},
                         {"hang", [this](const Json&, ControlCall& call) -> absl::StatusOr<Json> {
                            ++hanging_;
                            while (!call.IsCancelled()) absl::SleepFor(absl::Milliseconds(2));
                            --hanging_;
                            return absl::CancelledError("cancelled");
                          }}});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  LineChannel Connect() {
    absl::StatusOr<File> connection = ConnectTo(server_->socket_path());
    EXPECT_TRUE(connection.ok()) << connection.status();
    return LineChannel(*std::move(connection));
  }

  testing::TempDir folder_;
  std::atomic<int> hanging_{0};
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlTest, ResultsErrorsAndProgressComeBack) {
  Start();
  const auto echoed = CallDaemon(server_->socket_path(), {{"op", "echo"}, {"x", 7}});
  ASSERT_TRUE(echoed.ok()) << echoed.status();
  EXPECT_EQ(NumberIn(*echoed, "x"), 7);

  const auto failed = CallDaemon(server_->socket_path(), {{"op", "fail"}});
  EXPECT_TRUE(absl::IsNotFound(failed.status()));
  EXPECT_THAT(std::string(failed.status().message()), HasSubstr("no such thing"));

  std::vector<uint64_t> seen;
  CallOptions options;
  options.on_progress = [&](const Json& progress) { seen.push_back(NumberIn(progress, "at")); };
  const auto counted = CallDaemon(server_->socket_path(), {{"op", "count"}, {"to", 1000}}, options);
  ASSERT_TRUE(counted.ok()) << counted.status();
  ASSERT_EQ(seen.size(), 1000);
  EXPECT_EQ(seen.back(), 999);
}

TEST_F(ControlTest, NobodyElseGetsIn) {
  Start();
  struct stat st;
  ASSERT_EQ(stat(server_->socket_path().c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600);
}

TEST_F(ControlTest, NonsenseIsAnsweredAndHarmless) {
  Start();
  const std::string deep(500'000, '[');
  for (const std::string& line :
       {std::string(""), std::string("{"), std::string("[]"), std::string("null"), std::string("7"),
        std::string("{\"op\": 7}"), std::string("{\"op\": \"nothing\"}"), std::string("{}"),
        std::string("\xff\xfe\x00\x01", 4), std::string("{\"op\": \"\xff\"}"), deep,
        "{\"op\": " + deep + "}"}) {
    LineChannel channel = Connect();
    ASSERT_TRUE(channel.Write(line, absl::Seconds(10)).ok());
    const auto answer = channel.Read(absl::Seconds(20));
    ASSERT_TRUE(answer.ok()) << answer.status() << " after " << line.substr(0, 40);
    EXPECT_THAT(*answer, HasSubstr("\"ok\":false"));
  }
  EXPECT_TRUE(CallDaemon(server_->socket_path(), {{"op", "echo"}}).ok());
}

TEST_F(ControlTest, LinesWithoutEndAreCutOff) {
  Start();
  LineChannel channel = Connect();
  // More than the limit: the server answers and hangs up, at some point in the middle of it.
  (void)channel.Write(std::string(3 * LineChannel::kMaxLineBytes, 'x'), absl::Seconds(20));
  const auto answer = channel.Read(absl::Seconds(20));
  if (answer.ok()) {
    EXPECT_THAT(*answer, HasSubstr("too long"));
  }
  EXPECT_TRUE(CallDaemon(server_->socket_path(), {{"op", "echo"}}).ok());
}

TEST_F(ControlTest, RandomBytesAreHarmless) {
  Start();
  std::mt19937 random(5);
  for (int i = 0; i < 300; ++i) {
    LineChannel channel = Connect();
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    (void)channel.Write(bytes, absl::Seconds(5));
    if (i % 3 != 0) (void)channel.Read(absl::Seconds(10));
  }
  EXPECT_TRUE(Eventually([&] {
    return CallDaemon(server_->socket_path(), {{"op", "echo"}}).ok();
  }));
}

TEST_F(ControlTest, ManySilentClientsDoNotLockOthersOutForGood) {
  Start();
  std::vector<LineChannel> silent;
  ASSERT_TRUE(Eventually([&] {
    absl::StatusOr<File> connection = ConnectTo(server_->socket_path());
    if (connection.ok()) silent.emplace_back(*std::move(connection));
    return silent.size() == ControlServer::kMaxClients + 10;
  }));
  // Each is given up after kRequestTimeout.
  EXPECT_TRUE(Eventually([&] {
    return CallDaemon(server_->socket_path(), {{"op", "echo"}}).ok();
  }));
}

TEST_F(ControlTest, AClientThatHangsUpEndsItsRequest) {
  Start();
  {
    LineChannel channel = Connect();
    ASSERT_TRUE(channel.Write("{\"op\": \"hang\"}", absl::Seconds(5)).ok());
    ASSERT_TRUE(Eventually([&] { return hanging_ == 1; }));
  }
  EXPECT_TRUE(Eventually([&] { return hanging_ == 0; }));
}

TEST_F(ControlTest, StopEndsRequestsAndTheirClientsAreTold) {
  Start();
  std::thread client([&, path = server_->socket_path()] {
    CallOptions options;
    options.timeout = absl::Seconds(30);
    EXPECT_FALSE(CallDaemon(path, {{"op", "hang"}}, options).ok());
  });
  ASSERT_TRUE(Eventually([&] { return hanging_ == 1; }));
  server_ = nullptr;
  client.join();
  EXPECT_EQ(hanging_, 0);
}

TEST_F(ControlTest, ADaemonThatHangsIsGivenUp) {
  Start();
  CallOptions options;
  options.timeout = absl::Milliseconds(50);
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      CallDaemon(server_->socket_path(), {{"op", "hang"}}, options).status()));
}

TEST_F(ControlTest, MountpointsLeadToTheSocketUntilItGoes) {
  setenv("LARDER_RUNTIME_DIR", folder_.path().c_str(), 1);
  Start();
  ASSERT_TRUE(server_->AddMountpoint("/mnt/data set").ok());
  const auto socket = FindSocket("/mnt/data set");
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_TRUE(CallDaemon(*socket, {{"op", "echo"}}).ok());
  EXPECT_TRUE(absl::IsNotFound(FindSocket("/mnt/data-set").status()));
  server_ = nullptr;
  EXPECT_TRUE(absl::IsNotFound(FindSocket("/mnt/data set").status()));
  EXPECT_TRUE(ListSockets(folder_.path())->empty());
  unsetenv("LARDER_RUNTIME_DIR");
}

TEST_F(ControlTest, WhatADeadDaemonLeftIsTidiedUp) {
  // A socket that was bound by a process that is gone, and a link to it.
  const std::string stale = folder_.path() + "/99999.sock";
  { ASSERT_TRUE(ListenOn(stale).ok()); }
  std::filesystem::create_symlink("99999.sock", SocketLink(folder_.path(), "/mnt/old"));
  std::filesystem::create_symlink("88888.sock", SocketLink(folder_.path(), "/mnt/older"));
  EXPECT_TRUE(absl::IsNotFound(CallDaemon(stale, {{"op", "status"}}).status()));
  Start();
  EXPECT_FALSE(std::filesystem::exists(stale));
  EXPECT_FALSE(std::filesystem::is_symlink(SocketLink(folder_.path(), "/mnt/old")));
  EXPECT_FALSE(std::filesystem::is_symlink(SocketLink(folder_.path(), "/mnt/older")));
  EXPECT_EQ(ListSockets(folder_.path())->size(), 1);
}

TEST_F(ControlTest, ALinkThatALaterDaemonTookStays) {
  Start();
  ASSERT_TRUE(server_->AddMountpoint("/mnt/x").ok());
  const std::string link = SocketLink(folder_.path(), "/mnt/x");
  std::filesystem::remove(link);
  std::filesystem::create_symlink("12345.sock", link);
  server_ = nullptr;
  EXPECT_TRUE(std::filesystem::is_symlink(link));
}

TEST_F(ControlTest, LongFoldersWork) {
  const std::string folder = folder_.path() + "/" + std::string(200, 'l');
  std::filesystem::create_directory(folder);
  auto server = ControlServer::Create(
      folder, {{"echo", [](const Json& request, ControlCall&) { return request; }}});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(CallDaemon((*server)->socket_path(), {{"op", "echo"}}).ok());
}

TEST(RuntimeFolderTest, EscapedMountpointsAreNamesAndDiffer) {
  EXPECT_EQ(EscapeMountpoint("/mnt/data"), "mnt-data");
  EXPECT_EQ(EscapeMountpoint("/"), "-");
  EXPECT_EQ(EscapeMountpoint("/mnt/a-b c"), "mnt-a\\x2db\\x20c");
  EXPECT_EQ(EscapeMountpoint("/.hidden"), "\\x2ehidden");
  EXPECT_NE(EscapeMountpoint("/a/b"), EscapeMountpoint("/a-b"));
  const std::string deep(3000, 'd');
  EXPECT_LE(EscapeMountpoint("/" + deep + "1").size(), 200);
  EXPECT_NE(EscapeMountpoint("/" + deep + "1"), EscapeMountpoint("/" + deep + "2"));
}

TEST(RuntimeFolderTest, AFolderThatOthersMayWriteToIsRefused) {
  testing::TempDir folder;
  setenv("LARDER_RUNTIME_DIR", folder.path().c_str(), 1);
  EXPECT_TRUE(MakeRuntimeFolder().ok());
  chmod(folder.path().c_str(), 0777);
  EXPECT_TRUE(absl::IsPermissionDenied(MakeRuntimeFolder().status()));
  unsetenv("LARDER_RUNTIME_DIR");
}

}  // namespace
}  // namespace larder

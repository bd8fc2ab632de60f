// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// A remote that can't be reached, behind a mount and before one.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/mount/mount_fixture.h"
#include "tests/testing/nginx_server.h"

namespace larder::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class OfflineTest : public MountTest {
 protected:
  void SetUp() override {
    if (const std::string reason = NginxServer::Unavailable(); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
    MountTest::SetUp();
    if (IsSkipped()) return;
    WriteRemote("folder/small", small_);
    WriteRemote("large", large_);
    auto server = NginxServer::Start({.root = remote_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    source_ = server_->url() + "/";
  }
  void ExpectAllReadsBack() {
    EXPECT_THAT(ListAll(Path()), UnorderedElementsAre("folder", "large"));
    EXPECT_TRUE(ReadAll(Path("folder/small")) == small_);
    EXPECT_TRUE(ReadAll(Path("large")) == large_);
  }
  const std::string small_ = Pattern(70'000, 1);
  const std::string large_ = Pattern(6'000'000, 2);
  std::unique_ptr<NginxServer> server_;
};

TEST_F(OfflineTest, WhatIsKnownIsServedWhenTheRemoteGoes) {
  Mount({"--metadata-ttl", "100ms"});
  ExpectAllReadsBack();
  server_->Stop();
  ExpectAllReadsBack();
  EXPECT_TRUE(Eventually([&] {
    ListAll(Path());
    return Dataset()["state"] == "offline";
  }));
  ExpectAllReadsBack();
  const Ended status = Larder({"status", mountpoint_});
  EXPECT_THAT(status.output, HasSubstr("(offline)"));
}

TEST_F(OfflineTest, AMountOfAKnownRemoteDoesWithoutIt) {
  Mount();
  ExpectAllReadsBack();
  Unmount();
  server_->Stop();
  Mount();
  ExpectAllReadsBack();
  ASSERT_TRUE(server_->StartAgain().ok());
  EXPECT_TRUE(Eventually([&] { return Dataset()["state"] == "online"; }));
  ExpectAllReadsBack();
}

TEST_F(OfflineTest, AMountOfAnUnknownRemoteFails) {
  server_->Stop();
  const Ended ended = Larder({"mount", source_, mountpoint_, "--cache-dir", cache_});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("127.0.0.1"));
  EXPECT_TRUE(ListAll(Path()).empty());
}

// A source with braces, whose listings ask no server.
class OfflineShardsTest : public OfflineTest {
 protected:
  void SetUp() override {
    OfflineTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    for (const char* shard : {"shard-0.tar", "shard-1.tar"}) WriteRemote(shard, small_);
    source_ = server_->url() + "/shard-{0..1}.tar";
  }
  void ExpectMountFails(const std::string& source, const std::string& text) {
    const Ended ended = Larder({"mount", source, mountpoint_, "--cache-dir", cache_});
    EXPECT_EQ(ended.exit_status, 1);
    EXPECT_THAT(ended.errors, HasSubstr(text));
    EXPECT_TRUE(ListAll(Path()).empty());
  }
};

TEST_F(OfflineShardsTest, AMountOfAnUnknownServerFails) {
  server_->Stop();
  ExpectMountFails(source_, "127.0.0.1");
  // What a first try leaves is not taken for knowledge by the next.
  ExpectMountFails(source_, "127.0.0.1");
}

TEST_F(OfflineShardsTest, AMountOfAMistypedUrlFails) {
  ExpectMountFails(server_->url() + "/shrad-{0..1}.tar",
                   "the first of the files that the braces make has to be there");
  ExpectMountFails(server_->url() + "/shard-{000..001}.tar", "/shard-000.tar");
}

TEST_F(OfflineShardsTest, AMountOfKnownShardsDoesWithoutTheServer) {
  Mount();
  EXPECT_TRUE(ReadAll(Path("shard-0.tar")) == small_);
  Unmount();
  server_->Stop();
  Mount();
  EXPECT_THAT(ListAll(Path()), UnorderedElementsAre("shard-0.tar", "shard-1.tar"));
  EXPECT_TRUE(ReadAll(Path("shard-0.tar")) == small_);
}

}  // namespace
}  // namespace larder::testing

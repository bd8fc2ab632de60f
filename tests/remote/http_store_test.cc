// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// What is particular to plain web servers and to URLs with braces; the rest is in
// conformance_test.cc.
#include "remote/http_store.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "remote/brace_store.h"
#include "tests/testing/lying_server.h"
#include "tests/testing/nginx_server.h"
#include "tests/testing/temp_dir.h"

namespace larder::remote {
namespace {

using testing::LyingServer;
using testing::NginxListing;
using testing::NginxServer;
using Request = LyingServer::Request;
using Answer = LyingServer::Answer;

class HttpStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<ObjectStore> Open(const std::string& source, StoreOptions options = {}) {
    options.source = source;
    auto store = OpenStore(options, &counters_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  void Write(const std::string& name, absl::string_view content) {
    ASSERT_TRUE(WriteFileAtomically(folder_.path() + "/" + name, content).ok());
  }
  // Fails or skips the test where there is no nginx.
  std::unique_ptr<NginxServer> Nginx(testing::NginxOptions options = {}) {
    if (options.root.empty()) options.root = folder_.path();
    auto server = NginxServer::Start(options);
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }

  testing::TempDir folder_;
  DatasetCounters counters_;
};

// One line, that holds the URL and what to do.
void ExpectClear(const absl::Status& status, absl::StatusCode code,
                 const std::vector<std::string>& parts) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_EQ(status.message().find('\n'), absl::string_view::npos) << status;
  for (const std::string& part : parts)
    EXPECT_TRUE(absl::StrContains(status.message(), part)) << part << " in: " << status;
}

TEST_F(HttpStoreTest, AFileAsSourceSaysToMountItsFolder) {
  Write("file.tar", "x");
  const auto server = Nginx();
  const auto store = Open(server->url() + "/file.tar");
  ExpectClear(StatAndWait(*store, "").status(), absl::StatusCode::kInvalidArgument,
              {"is a file", absl::StrCat("mount ", server->url(), "/ instead")});
}

TEST_F(HttpStoreTest, AMissingFolderIsNotFound) {
  const auto server = Nginx();
  const auto store = Open(server->url() + "/missing/");
  ExpectClear(StatAndWait(*store, "").status(), absl::StatusCode::kNotFound,
              {server->url() + "/missing/", "404"});
}

TEST_F(HttpStoreTest, AFolderWithoutListingsSaysHowToGetThem) {
  const auto server = Nginx({.listing = NginxListing::kOff});
  const auto store = Open(server->url());
  ExpectClear(ListAndWait(*store, "").status(), absl::StatusCode::kPermissionDenied,
              {server->url() + "/", "403", "autoindex on"});
}

TEST_F(HttpStoreTest, UnknownHostsAndRefusedConnectionsAreClear) {
  const RequestOptions once = {.single_try = true};
  ExpectClear(StatAndWait(*Open("http://no-such-host.invalid/data/"), "", once).status(),
              absl::StatusCode::kUnavailable,
              {"http://no-such-host.invalid/data/", "can't resolve", "check"});
  const std::string refused =
      absl::StrCat("http://127.0.0.1:", testing::FreeLoopbackPort(), "/data/");
  ExpectClear(StatAndWait(*Open(refused), "", once).status(), absl::StatusCode::kUnavailable,
              {refused, "Connection refused", "check"});
}

TEST_F(HttpStoreTest, MalformedListingsAreDataLoss) {
  LyingServer server([](const Request&, int, Answer& answer) {
    answer.Send(200, {}, "<html><body>It works!</body></html>");
  });
  const auto store = Open(server.url());
  ExpectClear(ListAndWait(*store, "").status(), absl::StatusCode::kDataLoss,
              {server.url(), "malformed folder listing"});
  EXPECT_GT(counters_.remote_errors.value(), 0u);
}

TEST_F(HttpStoreTest, ATruncatedListingIsNotBelieved) {
  LyingServer server([](const Request&, int, Answer& answer) {
    answer.Raw("HTTP/1.1 200 x\r\nContent-Length: 1000\r\n\r\n<html><a href=\"one\">one</a>");
    answer.Close();
  });
  EXPECT_TRUE(absl::IsDataLoss(ListAndWait(*Open(server.url()), "").status()));
}

TEST_F(HttpStoreTest, HostileNamesAreCounted) {
  LyingServer server([](const Request&, int, Answer& answer) {
    answer.Send(200, {},
                "<html><a href=\"..%2f..%2fetc\">x</a><a href=\"%2e%2e\">x</a><a "
                "href=\"good\">x</a></html>");
  });
  const auto page = ListAndWait(*Open(server.url()), "");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->hidden_names, 2u);
}

TEST_F(HttpStoreTest, LinksAreRelativeToWhereAListingCameFrom) {
  LyingServer server([](const Request& request, int, Answer& answer) {
    if (request.target == "/old/") return answer.Send(301, {"Location: /new/"}, "");
    answer.Send(200, {}, "<html><a href=\"/new/here\">x</a><a href=\"/old/gone\">x</a></html>");
  });
  const auto page = ListAndWait(*Open(server.url() + "/old"), "");
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->entries[0].name, "here");
}

TEST_F(HttpStoreTest, StatOfAFileIsOneRequest) {
  Write("file", "12345");
  const auto server = Nginx();
  const auto store = Open(server->url());
  ASSERT_TRUE(StatAndWait(*store, "file").ok());
  EXPECT_EQ(counters_.remote_requests.value(), 1u);
}

TEST_F(HttpStoreTest, AFolderIsTakenFromItsRedirectEvenToAnAddressThatNobodyKnows) {
  LyingServer server([](const Request&, int, Answer& answer) {
    answer.Send(301, {"Location: http://internal-name.invalid:8080/a%20b/"}, "");
  });
  const auto attributes = StatAndWait(*Open(server.url()), "a b");
  ASSERT_TRUE(attributes.ok()) << attributes.status();
  EXPECT_EQ(attributes->kind, EntryKind::kFolder);
}

TEST_F(HttpStoreTest, FilesBehindRedirectsAreFound) {
  LyingServer other([](const Request& request, int, Answer& answer) {
    testing::AnswerTruthfully(request, "elsewhere", {"ETag: \"e\""}, answer);
  });
  LyingServer server([&](const Request&, int, Answer& answer) {
    answer.Send(302, {absl::StrCat("Location: ", other.url("localhost"), "/x")}, "");
  });
  const auto store = Open(server.url());
  const auto attributes = StatAndWait(*store, "file");
  ASSERT_TRUE(attributes.ok()) << attributes.status();
  EXPECT_EQ(attributes->version, (ObjectVersion{9, absl::InfinitePast(), "\"e\""}));
  EXPECT_EQ(ReadAndWait(*store, "file", attributes->version, {4, 5}).value_or(""), "where");
}

TEST_F(HttpStoreTest, AServerWithoutHeadIsAskedForOneByte) {
  for (const int refusal : {405, 501}) {
    LyingServer server([&](const Request& request, int, Answer& answer) {
      if (request.method == "HEAD") return answer.Send(refusal, {}, "");
      if (request.target == "/empty") {
        return request.range().has_value() ? answer.Send(416, {"Content-Range: bytes */0"}, "")
                                           : answer.Send(200, {}, "");
      }
      if (request.target == "/no-ranges") return answer.Send(200, {}, std::string(1 << 20, 'x'));
      testing::AnswerTruthfully(request, "123456", {"ETag: \"e\""}, answer);
    });
    const auto store = Open(server.url());
    EXPECT_EQ(StatAndWait(*store, "file").value_or(Attributes()).version.size, 6u);
    EXPECT_EQ(StatAndWait(*store, "no-ranges").value_or(Attributes()).version.size, 1u << 20);
    const auto empty = StatAndWait(*store, "empty");
    ASSERT_TRUE(empty.ok()) << empty.status();
    EXPECT_EQ(empty->version.size, 0u);
    EXPECT_TRUE(StatAndWait(*store, "").ok());
  }
}

TEST_F(HttpStoreTest, AFileWithoutALengthIsDataLoss) {
  LyingServer server([](const Request& request, int, Answer& answer) {
    if (absl::EndsWith(request.target, "/")) return answer.Send(404, {}, "");
    answer.Raw("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n");
    if (request.method != "HEAD") answer.Raw("1\r\nx\r\n0\r\n\r\n");
  });
  ExpectClear(StatAndWait(*Open(server.url()), "file").status(), absl::StatusCode::kDataLoss,
              {"/file", "Content-Length"});
}

TEST_F(HttpStoreTest, ChangedEtagBetweenTwoRangesIsNotTheOldVersion) {
  LyingServer server([](const Request& request, int nth, Answer& answer) {
    testing::AnswerTruthfully(request, "0123456789", {absl::StrCat("ETag: \"", nth, "\"")}, answer);
  });
  const auto store = Open(server.url());
  const auto attributes = StatAndWait(*store, "file");
  ASSERT_TRUE(attributes.ok());
  ExpectClear(ReadAndWait(*store, "file", attributes->version, {0, 5}).status(),
              absl::StatusCode::kFailedPrecondition, {"/file", "no longer"});
}

TEST_F(HttpStoreTest, HeadersFromTheFileGoToTheSource) {
  Write("headers", "# ours\nAuthorization: Bearer tok3n\n");
  LyingServer server([](const Request& request, int, Answer& answer) {
    testing::AnswerTruthfully(request, "x", {}, answer);
  });
  const auto store = Open(server.url(), {.header_file = folder_.path() + "/headers"});
  EXPECT_TRUE(StatAndWait(*store, "file").ok());
  EXPECT_TRUE(ReadAndWait(*store, "file", {.size = 1}, {0, 1}).ok());
  for (const Request& request : server.requests())
    EXPECT_EQ(request.Header("authorization"), "Bearer tok3n");
}

TEST_F(HttpStoreTest, NetrcOpensWhatNeedsAPassword) {
  Write("file", "12345");
  const auto server = Nginx({.user = "me", .password = "hunter2"});
  ExpectClear(StatAndWait(*Open(server->url()), "file").status(),
              absl::StatusCode::kUnauthenticated, {"401", "--netrc-file"});
  Write("netrc", "machine 127.0.0.1 login me password hunter2\n");
  const auto store = Open(server->url(), {.netrc_file = folder_.path() + "/netrc"});
  EXPECT_TRUE(StatAndWait(*store, "file").ok());
  EXPECT_TRUE(ListAndWait(*store, "").ok());
}

class BraceStoreTest : public HttpStoreTest {};

TEST_F(BraceStoreTest, ListsWithoutARequestAndReadsShards) {
  for (const char* name : {"shard-000.tar", "shard-001.tar", "shard-002.tar", "other.tar"})
    Write(name, name);
  const auto server = Nginx({.listing = NginxListing::kOff});
  const auto store = Open(server->url() + "/shard-{000..002}.tar");
  const auto page = ListAndWait(*store, "");
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries.size(), 3u);
  EXPECT_EQ(page->entries[2].name, "shard-002.tar");
  EXPECT_EQ(page->entries[2].kind, EntryKind::kFile);
  EXPECT_FALSE(page->entries[2].version.has_value());
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(*store, "other.tar").status()));
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(*store, "shard-003.tar").status()));
  EXPECT_EQ(counters_.remote_requests.value(), 0u);
  const auto shard = StatAndWait(*store, "shard-001.tar");
  ASSERT_TRUE(shard.ok()) << shard.status();
  EXPECT_EQ(ReadAndWait(*store, "shard-001.tar", shard->version, {0, 9}).value_or(""), "shard-001");
  EXPECT_EQ(store->Url("shard-001.tar"), server->url() + "/shard-001.tar");
  EXPECT_TRUE(StatAndWait(*store, "").ok());
}

TEST_F(BraceStoreTest, AMissingFirstShardShowsAtTheRoot) {
  const auto server = Nginx();
  const auto store = Open(server->url() + "/shard-{000..002}.tar");
  ExpectClear(StatAndWait(*store, "").status(), absl::StatusCode::kNotFound, {"shard-000.tar"});
}

TEST_F(BraceStoreTest, BracesInFoldersMakeFolders) {
  ASSERT_TRUE(MakeFolders(folder_.path() + "/train/x", 0755).ok());
  Write("train/x/2", "two");
  const auto server = Nginx();
  const auto store = Open(server->url() + "/{train,val}/x/{1..3}");
  const auto root = ListAndWait(*store, "");
  ASSERT_TRUE(root.ok()) << root.status();
  ASSERT_EQ(root->entries.size(), 2u);
  EXPECT_EQ(root->entries[0].kind, EntryKind::kFolder);
  EXPECT_EQ(ListAndWait(*store, "val/x")->entries.size(), 3u);
  EXPECT_EQ(StatAndWait(*store, "val")->kind, EntryKind::kFolder);
  EXPECT_TRUE(absl::IsNotFound(ListAndWait(*store, "test").status()));
  EXPECT_TRUE(absl::IsNotFound(ListAndWait(*store, "train/x/2").status()));
  EXPECT_EQ(StatAndWait(*store, "train/x/2")->version.size, 3u);
}

TEST_F(BraceStoreTest, ManyNamesComeInPages) {
  const auto store = Open("http://127.0.0.1:1/{000000..024999}.tar");
  const auto page = ListAndWait(*store, "");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 25'000u);
  EXPECT_EQ(page->entries.back().name, "024999.tar");
}

}  // namespace
}  // namespace larder::remote

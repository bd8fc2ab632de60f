// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_client.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/mutex.h"
#include "tests/testing/certificates.h"
#include "tests/testing/lying_server.h"
#include "tests/testing/nginx_server.h"
#include "tests/testing/temp_dir.h"

namespace larder::remote {
namespace {

using testing::Certificates;
using testing::LyingServer;
using testing::NginxServer;
using Request = LyingServer::Request;
using Answer = LyingServer::Answer;

// Keeps one answer.
class Collector : public HttpHandler {
 public:
  absl::Status OnHead(const HttpHead& head) override {
    MutexLock lock(&mutex_);
    EXPECT_EQ(head_.status, 0) << "a second head";
    head_ = head;
    return absl::OkStatus();
  }
  bool OnBody(std::span<const char> bytes) override {
    MutexLock lock(&mutex_);
    body_.append(bytes.data(), bytes.size());
    return true;
  }
  void OnDone(const HttpOutcome& outcome) override {
    MutexLock lock(&mutex_);
    EXPECT_FALSE(outcome_.has_value()) << "done twice";
    outcome_ = outcome;
    done_.NotifyAll();
  }
  HttpOutcome Wait() {
    MutexLock lock(&mutex_);
    while (!outcome_.has_value()) done_.Wait(&mutex_);
    return *outcome_;
  }
  HttpHead head() {
    MutexLock lock(&mutex_);
    return head_;
  }
  std::string body() {
    MutexLock lock(&mutex_);
    return body_;
  }

 private:
  Mutex mutex_;
  CondVar done_;
  HttpHead head_ ABSL_GUARDED_BY(mutex_);
  std::string body_ ABSL_GUARDED_BY(mutex_);
  std::optional<HttpOutcome> outcome_ ABSL_GUARDED_BY(mutex_);
};

class HttpClientTest : public ::testing::Test {
 protected:
  HttpClient& client() {
    if (client_ == nullptr) {
      auto client = HttpClient::Create(options_, &counters_);
      EXPECT_TRUE(client.ok()) << client.status();
      client_ = *std::move(client);
    }
    return *client_;
  }
  std::shared_ptr<Collector> Get(HttpRequest request) {
    auto collector = std::make_shared<Collector>();
    client().Start(std::move(request), collector);
    return collector;
  }

  DatasetCounters counters_;
  HttpClientOptions options_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(HttpClientTest, GetsHeadAndBody) {
  LyingServer server(
      [](const Request&, int, Answer& answer) { answer.Send(404, {"X-Two:  b  "}, "gone"); });
  const auto got = Get({.url = server.url() + "/a%20b/../c"});
  EXPECT_TRUE(got->Wait().status.ok());
  EXPECT_EQ(got->head().status, 404);
  EXPECT_EQ(got->head().Header("x-two"), "b");
  EXPECT_EQ(got->head().Header("none"), "");
  EXPECT_EQ(got->body(), "gone");
  EXPECT_EQ(server.requests()[0].target, "/a%20b/../c") << "sent as it is";
}

TEST_F(HttpClientTest, HeadHasNoBody) {
  LyingServer server(
      [](const Request&, int, Answer& answer) { answer.Send(200, {"Content-Length: 12345"}, ""); });
  const auto got = Get({.method = HttpMethod::kHead, .url = server.url()});
  EXPECT_TRUE(got->Wait().status.ok());
  EXPECT_EQ(got->head().Header("content-length"), "12345");
  EXPECT_EQ(server.requests()[0].method, "HEAD");
}

TEST_F(HttpClientTest, ConnectionsAreKept) {
  LyingServer server([](const Request&, int, Answer& answer) { answer.Send(200, {}, "x"); });
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Get({.url = server.url()})->Wait().status.ok());
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClientTest, RedirectsDoNotHandSecretsOn) {
  LyingServer other([](const Request&, int, Answer& answer) { answer.Send(200, {}, "from afar"); });
  LyingServer source([&](const Request& request, int, Answer& answer) {
    const std::string target = request.target == "/here"
                                   ? "/start"
                                   : absl::StrCat(other.url("localhost"), "/there?signature=1");
    answer.Send(302, {absl::StrCat("Location: ", target)}, "moved");
  });
  const testing::TempDir folder;
  const std::string netrc = folder.path() + "/netrc";
  ASSERT_TRUE(WriteFileAtomically(netrc, "default login me password hunter2\n").ok());
  const auto got = Get({.url = source.url() + "/here",
                        .headers = {"X-Api-Key: secret", "Cookie: a=b"},
                        .netrc_file = netrc,
                        .range = ByteRange{5, 3},
                        .if_match = "\"tag\""});
  ASSERT_TRUE(got->Wait().status.ok()) << got->Wait().status;
  EXPECT_EQ(got->body(), "from afar");
  EXPECT_EQ(got->head().url, absl::StrCat(other.url("localhost"), "/there?signature=1"));
  for (const Request& request : source.requests()) {
    EXPECT_EQ(request.Header("x-api-key"), "secret") << request.target;
    EXPECT_TRUE(absl::StartsWith(request.Header("authorization"), "Basic ")) << request.target;
  }
  EXPECT_EQ(source.requests().size(), 2u);
  const Request last = other.requests().at(0);
  EXPECT_EQ(last.Header("x-api-key"), "");
  EXPECT_EQ(last.Header("cookie"), "");
  EXPECT_EQ(last.Header("authorization"), "");
  EXPECT_EQ(last.Header("range"), "bytes=5-7");
  EXPECT_EQ(last.Header("if-match"), "\"tag\"");
}

TEST_F(HttpClientTest, SecretsStayAwayOnTheWayBack) {
  std::string source_url;
  LyingServer other([&](const Request&, int, Answer& answer) {
    answer.Send(307, {absl::StrCat("Location: ", source_url, "/b")}, "");
  });
  LyingServer source([&](const Request& request, int, Answer& answer) {
    if (request.target == "/b") return answer.Send(200, {}, "");
    answer.Send(307, {absl::StrCat("Location: ", other.url(), "/")}, "");
  });
  source_url = source.url();
  EXPECT_TRUE(Get({.url = source_url + "/a", .headers = {"X-Key: secret"}})->Wait().status.ok());
  EXPECT_EQ(source.requests().at(1).Header("x-key"), "");
}

TEST_F(HttpClientTest, EndlessRedirectsEnd) {
  LyingServer server(
      [](const Request&, int, Answer& answer) { answer.Send(301, {"Location: /again"}, ""); });
  const HttpOutcome outcome = Get({.url = server.url()})->Wait();
  EXPECT_TRUE(absl::IsDataLoss(outcome.status)) << outcome.status;
  EXPECT_EQ(server.requests().size(), static_cast<size_t>(HttpClient::kMaxRedirects + 1));
}

TEST_F(HttpClientTest, RedirectsToOtherSchemesAreNotFollowed) {
  LyingServer server([](const Request&, int, Answer& answer) {
    answer.Send(302, {"Location: file:///etc/passwd"}, "");
  });
  const HttpOutcome outcome = Get({.url = server.url()})->Wait();
  EXPECT_TRUE(absl::IsDataLoss(outcome.status)) << outcome.status;
}

TEST_F(HttpClientTest, RedirectsAreAnswersWhereAskedSo) {
  LyingServer server(
      [](const Request&, int, Answer& answer) { answer.Send(301, {"Location: /x"}, ""); });
  const auto got = Get({.url = server.url(), .follow_redirects = false});
  EXPECT_TRUE(got->Wait().status.ok());
  EXPECT_EQ(got->head().status, 301);
}

TEST_F(HttpClientTest, NetrcIsForItsHostOnly) {
  LyingServer server([](const Request&, int, Answer& answer) { answer.Send(200, {}, ""); });
  const testing::TempDir folder;
  const std::string netrc = folder.path() + "/netrc";
  ASSERT_TRUE(
      WriteFileAtomically(
          netrc, "machine 127.0.0.1 login me password p\nmachine localhost login you password p\n")
          .ok());
  EXPECT_TRUE(Get({.url = server.url(), .netrc_file = netrc})->Wait().status.ok());
  EXPECT_EQ(server.requests()[0].Header("authorization"), "Basic bWU6cA==");
}

TEST_F(HttpClientTest, MoreTransfersThanPlacesWaitTheirTurn) {
  options_.connections = 2;
  options_.threads = 1;
  LyingServer server([](const Request&, int, Answer& answer) { answer.Send(200, {}, "x"); });
  std::vector<std::shared_ptr<Collector>> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(Get({.priority = HttpClass::kBulk, .url = server.url()}));
  for (const auto& got : all) EXPECT_TRUE(got->Wait().status.ok());
  EXPECT_LE(server.connections(), 2);
}

TEST_F(HttpClientTest, MetadataDoesNotWaitBehindBulk) {
  options_.connections = 1;
  options_.threads = 1;
  LyingServer server([](const Request& request, int, Answer& answer) {
    if (request.target == "/bulk") return answer.Stall();
    answer.Send(200, {}, "x");
  });
  auto stuck = std::make_shared<Collector>();
  const auto bulk =
      client().Start({.priority = HttpClass::kBulk, .url = server.url() + "/bulk"}, stuck);
  EXPECT_TRUE(Get({.url = server.url() + "/quick"})->Wait().status.ok());
  bulk->Cancel();
  EXPECT_TRUE(absl::IsCancelled(stuck->Wait().status));
}

TEST_F(HttpClientTest, WaitingForAPlaceCountsAndCanBeCancelled) {
  options_.connections = 1;
  options_.threads = 1;
  LyingServer server([](const Request&, int, Answer& answer) { answer.Stall(); });
  Get({.priority = HttpClass::kBulk, .url = server.url()});
  const auto late = Get(
      {.priority = HttpClass::kBulk, .url = server.url(), .time_limit = absl::Milliseconds(50)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(late->Wait().status));
  auto waiting = std::make_shared<Collector>();
  client().Start({.priority = HttpClass::kBulk, .url = server.url()}, waiting)->Cancel();
  EXPECT_TRUE(absl::IsCancelled(waiting->Wait().status));
}

TEST_F(HttpClientTest, TheEndOfTheClientEndsItsTransfers) {
  LyingServer server([](const Request&, int, Answer& answer) { answer.Stall(); });
  auto first = std::make_shared<Collector>();
  const auto transfer = client().Start({.url = server.url()}, first);
  const auto second = Get({.url = server.url()});
  client_ = nullptr;
  EXPECT_TRUE(absl::IsCancelled(first->Wait().status));
  EXPECT_TRUE(absl::IsCancelled(second->Wait().status));
  transfer->Cancel();
  transfer->Resume();
}

TEST_F(HttpClientTest, FailuresSayWhatToDo) {
  struct Case {
    std::string url;
    absl::StatusCode code;
    std::string says;
    bool retryable;
  };
  const std::string refused = absl::StrCat("http://127.0.0.1:", testing::FreeLoopbackPort(), "/x");
  const Case cases[] = {
      {"http://no-such-host.invalid/x", absl::StatusCode::kUnavailable, "check its spelling", true},
      {refused, absl::StatusCode::kUnavailable, "Connection refused", true},
      {"ftp://host/", absl::StatusCode::kInvalidArgument, "not an http", false},
  };
  for (const Case& c : cases) {
    const HttpOutcome outcome = Get({.url = c.url})->Wait();
    EXPECT_EQ(outcome.status.code(), c.code) << outcome.status;
    EXPECT_NE(outcome.status.message().find(c.says), absl::string_view::npos) << outcome.status;
    EXPECT_EQ(outcome.retryable, c.retryable) << outcome.status;
    EXPECT_EQ(outcome.status.message().find('\n'), absl::string_view::npos) << "one line";
  }
}

class HttpClientTlsTest : public HttpClientTest {
 protected:
  void SetUp() override {
    if (!NginxServer::Unavailable().empty()) GTEST_SKIP() << NginxServer::Unavailable();
    auto certificates = Certificates::Make();
    ASSERT_TRUE(certificates.ok()) << certificates.status();
    certificates_ = *std::move(certificates);
    ASSERT_TRUE(WriteFileAtomically(folder_.path() + "/file", "secure").ok());
  }
  std::unique_ptr<NginxServer> Serve(const std::string& certificate, const std::string& key) {
    auto server = NginxServer::Start(
        {.root = folder_.path(), .certificate = certificate, .private_key = key});
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }

  testing::TempDir folder_;
  std::unique_ptr<Certificates> certificates_;
};

TEST_F(HttpClientTlsTest, ACaOfOnesOwnIsTrustedWhereNamed) {
  const auto server = Serve(certificates_->certificate(), certificates_->private_key());
  options_.ca_bundle = certificates_->ca();
  const auto got = Get({.url = server->url() + "/file"});
  EXPECT_TRUE(got->Wait().status.ok()) << got->Wait().status;
  EXPECT_EQ(got->body(), "secure");
}

TEST_F(HttpClientTlsTest, UnknownCertificatesAreRefused) {
  for (const bool self_signed : {true, false}) {
    const auto server =
        self_signed
            ? Serve(certificates_->self_signed_certificate(), certificates_->self_signed_key())
            : Serve(certificates_->certificate(), certificates_->private_key());
    const HttpOutcome outcome = Get({.url = server->url() + "/file"})->Wait();
    EXPECT_TRUE(absl::IsUnavailable(outcome.status)) << outcome.status;
    EXPECT_FALSE(outcome.retryable);
    EXPECT_NE(outcome.status.message().find("--ca-bundle"), absl::string_view::npos)
        << outcome.status;
    EXPECT_NE(outcome.status.message().find(server->url()), absl::string_view::npos)
        << outcome.status;
  }
}

TEST_F(HttpClientTlsTest, HttpsIsNotLeftForHttp) {
  LyingServer plain([](const Request&, int, Answer& answer) { answer.Send(200, {}, ""); });
  auto server = NginxServer::Start(
      {.root = folder_.path(),
       .certificate = certificates_->certificate(),
       .private_key = certificates_->private_key(),
       .directives = absl::StrCat("location /away { return 302 ", plain.url(), "/x; }")});
  ASSERT_TRUE(server.ok()) << server.status();
  options_.ca_bundle = certificates_->ca();
  const HttpOutcome outcome = Get({.url = (*server)->url() + "/away"})->Wait();
  EXPECT_TRUE(absl::IsPermissionDenied(outcome.status)) << outcome.status;
  EXPECT_TRUE(plain.requests().empty());
}

TEST(HttpClientCreateTest, CaBundlesAreChecked) {
  DatasetCounters counters;
  const testing::TempDir folder;
  const auto missing = HttpClient::Create({.ca_bundle = folder.path() + "/none"}, &counters);
  EXPECT_TRUE(absl::IsInvalidArgument(missing.status())) << missing.status();
  ASSERT_TRUE(WriteFileAtomically(folder.path() + "/rubbish", "rubbish").ok());
  const auto rubbish = HttpClient::Create({.ca_bundle = folder.path() + "/rubbish"}, &counters);
  EXPECT_TRUE(absl::IsInvalidArgument(rubbish.status())) << rubbish.status();
  EXPECT_NE(rubbish.status().message().find("--ca-bundle"), absl::string_view::npos);
}

}  // namespace
}  // namespace larder::remote

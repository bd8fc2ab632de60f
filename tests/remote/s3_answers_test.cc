// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// S3 against answers that a well-behaved test server never gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "remote/s3_store.h"

namespace larder::remote {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kObjectEtag[] = "\"0123\"";

// Answers as the test says, and keeps what was asked.
class FakeS3 {
 public:
  using Answer = std::function<void(const httplib::Request&, httplib::Response&)>;

  explicit FakeS3(Answer answer) {
    server_.set_pre_routing_handler(
        [this, answer = std::move(answer)](const httplib::Request& request,
                                           httplib::Response& response) {
          {
            MutexLock lock(&mutex_);
            requests_.push_back(request);
          }
          // httplib would cut any body, errors included, to the range that was asked for.
          const_cast<httplib::Request&>(request).ranges.clear();
          answer(request, response);
          return httplib::Server::HandlerResponse::Handled;
        });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() before that would be lost.
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~FakeS3() {
    server_.stop();
    thread_.join();
  }

  std::vector<httplib::Request> requests() {
    MutexLock lock(&mutex_);
    return requests_;
  }
  std::string endpoint_url() const { return absl::StrCat("http://127.0.0.1:", port_); }

 private:
  httplib::Server server_;
  int port_ = 0;
  Mutex mutex_;
  std::vector<httplib::Request> requests_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// A second later at each look, so that no two signatures can be the same.
class TickingClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now() + absl::Seconds(ticks_.fetch_add(1)); }

 private:
  std::atomic<int> ticks_{0};
};

struct OpenedStore {
  TickingClock clock;
  DatasetCounters counters;
  std::unique_ptr<S3Store> store;

  explicit OpenedStore(const FakeS3& server) {
    StoreOptions options;
    options.source = "s3://bucket";
    AwsConfig config;
    config.region = "us-east-1";
    config.endpoint_url = server.endpoint_url();
    config.credentials = std::make_unique<FixedCredentials>(Credentials("id", "secret", "token"));
    auto opened = S3Store::Create(options, std::move(config), &clock, &counters);
    EXPECT_TRUE(opened.ok()) << opened.status();
    store = *std::move(opened);
  }
  ObjectStore& operator*() { return *store; }
};

bool IsListing(const httplib::Request& request) { return request.has_param("list-type"); }

void Xml(httplib::Response& response, int status, const std::string& body) {
  response.status = status;
  response.set_content(body, "application/xml");
}

void Error(httplib::Response& response, int status, absl::string_view code,
           absl::string_view more = "") {
  Xml(response, status,
      absl::StrCat("<Error><Code>", code, "</Code><Message>m</Message>", more, "</Error>"));
}

void EmptyListing(httplib::Response& response) {
  Xml(response, 200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
}

void Object(const httplib::Request& request, httplib::Response& response, const std::string& bytes,
            const std::string& etag = kObjectEtag) {
  response.set_header("ETag", etag);
  const std::string range = request.get_header_value("Range");
  size_t from = 0;
  size_t to = 0;
  if (std::sscanf(range.c_str(), "bytes=%zu-%zu", &from, &to) != 2) {
    response.status = 200;
    response.set_content(bytes, "application/octet-stream");
    return;
  }
  response.status = 206;
  response.set_header("Content-Range", absl::StrCat("bytes ", from, "-", to, "/", bytes.size()));
  response.set_content(bytes.substr(from, to + 1 - from), "application/octet-stream");
}

TEST(S3AnswersTest, ArchivedObjectsAreThereButCantBeRead) {
  FakeS3 server([](const httplib::Request& request, httplib::Response& response) {
    if (IsListing(request)) return EmptyListing(response);
    if (request.method == "HEAD") {
      response.set_header("x-amz-storage-class", "GLACIER");
      return Object(request, response, "12345");
    }
    response.set_header("x-amz-storage-class", "GLACIER");
    Error(response, 403, "InvalidObjectState");
  });
  OpenedStore opened(server);
  const auto file = StatAndWait(*opened, "old");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->version.size, 5u);
  const auto bytes = ReadAndWait(*opened, "old", file->version, {0, 5});
  EXPECT_TRUE(absl::IsPermissionDenied(bytes.status()));
  EXPECT_THAT(std::string(bytes.status().message()),
              HasSubstr("s3://bucket/old: is archived in GLACIER: restore it first"));
}

TEST(S3AnswersTest, SlowDownIsObeyedAndEachTrySignedAfresh) {
  std::atomic<int> gets{0};
  FakeS3 server([&gets](const httplib::Request& request, httplib::Response& response) {
    if (gets.fetch_add(1) < 2) return Error(response, 503, "SlowDown");
    Object(request, response, "hello");
  });
  OpenedStore opened(server);
  const auto bytes = ReadAndWait(*opened, "a", {.size = 5, .etag = kObjectEtag}, {1, 3});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, "ell");
  std::set<std::string> signatures;
  for (const httplib::Request& request : server.requests()) {
    signatures.insert(request.get_header_value("Authorization"));
    EXPECT_EQ(request.get_header_value("If-Match"), kObjectEtag);
    EXPECT_EQ(request.get_header_value("x-amz-security-token"), "token");
    EXPECT_THAT(request.get_header_value("Authorization"), HasSubstr("x-amz-security-token"));
  }
  EXPECT_EQ(signatures.size(), 3u);
  EXPECT_EQ(opened.counters.remote_errors.value(), 2u);
}

TEST(S3AnswersTest, ASingleTryIsASingleTry) {
  FakeS3 server([](const httplib::Request&, httplib::Response& response) {
    Error(response, 503, "SlowDown");
  });
  OpenedStore opened(server);
  const auto page = ListAndWait(*opened, "", {.single_try = true});
  EXPECT_TRUE(absl::IsUnavailable(page.status())) << page.status();
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(S3AnswersTest, AnEtagThatChangesBetweenRangesIsSeenWhereIfMatchIsIgnored) {
  std::atomic<int> gets{0};
  FakeS3 server([&gets](const httplib::Request& request, httplib::Response& response) {
    Object(request, response, "hello", gets.fetch_add(1) == 0 ? "\"one\"" : "\"two\"");
  });
  OpenedStore opened(server);
  const ObjectVersion version{.size = 5, .etag = "\"one\""};
  EXPECT_EQ(*ReadAndWait(*opened, "a", version, {0, 2}), "he");
  const auto second = ReadAndWait(*opened, "a", version, {2, 2});
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
}

TEST(S3AnswersTest, ARefusedHeadSaysWhatIsNeeded) {
  FakeS3 server([](const httplib::Request& request, httplib::Response& response) {
    if (IsListing(request)) return EmptyListing(response);
    response.status = 403;
  });
  OpenedStore opened(server);
  const auto file = StatAndWait(*opened, "a");
  EXPECT_TRUE(absl::IsPermissionDenied(file.status())) << file.status();
  EXPECT_THAT(std::string(file.status().message()),
              AllOf(HasSubstr("s3:GetObject"), HasSubstr("s3:ListBucket")));
}

TEST(S3AnswersTest, TheListingSaysWhyWhereTheHeadCant) {
  FakeS3 server([](const httplib::Request& request, httplib::Response& response) {
    if (IsListing(request)) return Error(response, 400, "ExpiredToken");
    response.status = 400;
  });
  OpenedStore opened(server);
  const auto file = StatAndWait(*opened, "a");
  EXPECT_TRUE(absl::IsUnauthenticated(file.status())) << file.status();
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("session token has expired"));
}

TEST(S3AnswersTest, AnotherRegionIsNamedAndNotFollowed) {
  FakeS3 server([](const httplib::Request& request, httplib::Response& response) {
    response.set_header("Location", "/elsewhere");
    if (IsListing(request)) {
      response.set_header("x-amz-bucket-region", "eu-west-3");
      return Error(response, 301, "PermanentRedirect",
                   "<Endpoint>bucket.s3.example.com</Endpoint>");
    }
    response.status = 301;
  });
  OpenedStore opened(server);
  for (const absl::Status& status :
       {ListAndWait(*opened, "").status(), StatAndWait(*opened, "a").status()}) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("use --region eu-west-3"));
  }
  for (const httplib::Request& request : server.requests())
    EXPECT_THAT(request.path, Not(HasSubstr("elsewhere")));
}

TEST(S3AnswersTest, AFolderIsKnownWithoutWaitingForTheHead) {
  std::atomic<bool> head_may_end{false};
  FakeS3 server([&head_may_end](const httplib::Request& request, httplib::Response& response) {
    if (IsListing(request)) {
      return Xml(
          response, 200,
          "<ListBucketResult><Contents><Key>a/b</Key><Size>1</Size></Contents></ListBucketResult>");
    }
    while (!head_may_end) std::this_thread::yield();
    Object(request, response, "12345");
  });
  OpenedStore opened(server);
  const auto folder = StatAndWait(*opened, "a");
  head_may_end = true;
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->kind, EntryKind::kFolder);
}

TEST(S3AnswersTest, MalformedListingsAreDataLoss) {
  for (const char* body :
       {"<html>Please sign in</html>", "<ListBucketResult><Contents>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
    FakeS3 server(
        [body](const httplib::Request&, httplib::Response& response) { Xml(response, 200, body); });
    OpenedStore opened(server);
    const auto page = ListAndWait(*opened, "");
    EXPECT_TRUE(absl::IsDataLoss(page.status())) << page.status();
    EXPECT_THAT(std::string(page.status().message()), HasSubstr("s3://bucket"));
  }
}

TEST(S3AnswersTest, AListingThatNeverEndsIsEnded) {
  FakeS3 server([](const httplib::Request&, httplib::Response& response) {
    Xml(response, 200,
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</"
        "NextContinuationToken>"
        "</ListBucketResult>");
  });
  OpenedStore opened(server);
  EXPECT_TRUE(absl::IsDataLoss(ListAndWait(*opened, "").status()));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(S3AnswersTest, HostileNamesAreHiddenAndCounted) {
  FakeS3 server([](const httplib::Request&, httplib::Response& response) {
    Xml(response, 200,
        "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>p/..</Key><Size>1</"
        "Size></Contents>"
        "<Contents><Key>p/a%00b</Key><Size>1</Size></Contents><Contents><Key>p/good</Key><Size>1</"
        "Size></Contents>"
        "<CommonPrefixes><Prefix>p//</Prefix></CommonPrefixes></ListBucketResult>");
  });
  OpenedStore opened(server);
  const auto page = ListAndWait(*opened, "p");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->hidden_names, 3u);
}

TEST(S3AnswersTest, AStoreWithoutQuotesAroundEtagsIsOneVersion) {
  FakeS3 server([](const httplib::Request& request, httplib::Response& response) {
    if (IsListing(request) && request.get_param_value("prefix").empty()) {
      return Xml(response, 200,
                 "<ListBucketResult><Contents><Key>a</Key><Size>5</Size><ETag>0123</ETag></"
                 "Contents></ListBucketResult>");
    }
    if (IsListing(request)) return EmptyListing(response);
    Object(request, response, "hello", "0123");
  });
  OpenedStore opened(server);
  const auto page = ListAndWait(*opened, "");
  const auto file = StatAndWait(*opened, "a");
  ASSERT_TRUE(page.ok() && file.ok()) << page.status() << file.status();
  EXPECT_EQ(page->entries[0].version->etag, kObjectEtag);
  EXPECT_EQ(file->version.etag, kObjectEtag);
  EXPECT_EQ(*ReadAndWait(*opened, "a", file->version, {0, 5}), "hello");
}

TEST(S3AnswersTest, AnEncodingThatTheObjectWasStoredWithIsItsOwn) {
  FakeS3 server([](const httplib::Request& request, httplib::Response& response) {
    if (IsListing(request)) return EmptyListing(response);
    response.set_header("Content-Encoding", "gzip");
    Object(request, response, "\x1f\x8b gz");
  });
  OpenedStore opened(server);
  const auto file = StatAndWait(*opened, "a.gz");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*ReadAndWait(*opened, "a.gz", file->version, {0, 5}), "\x1f\x8b gz");
}

}  // namespace
}  // namespace larder::remote

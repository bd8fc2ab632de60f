// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Ranged reads from a server that lies, breaks off and stalls.
#include "remote/range_read.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/remote/recording_sink.h"
#include "tests/testing/lying_server.h"

namespace larder::remote {
namespace {

using testing::AnswerTruthfully;
using testing::LyingServer;
using Request = LyingServer::Request;
using Answer = LyingServer::Answer;

constexpr char kDate[] = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT";

class PlainDialect : public HttpDialect {
 public:
  absl::StatusOr<HttpRequest> Prepare(HttpRequest request) override { return request; }
};

std::string Letters(size_t size) {
  std::string text(size, ' ');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  return text;
}

class RangeReadTest : public ::testing::Test {
 protected:
  // Reads `range` of what `handler` serves.
  absl::Status Read(LyingServer::Handler handler, const ObjectVersion& expected, ByteRange range,
                    RequestOptions options = {}) {
    server_ = std::make_unique<LyingServer>(std::move(handler));
    HttpClientOptions client;
    client.stall_timeout = absl::Milliseconds(300);
    session_ = *HttpSession::Create(client, std::make_unique<PlainDialect>(), &counters_);
    sink_ = std::make_shared<RecordingSink>();
    RangeReadRequest request;
    request.url = server_->url() + "/object";
    request.expected = expected;
    request.range = range;
    request.on_ranges_ignored = [this] { ranges_ignored_ = true; };
    RangeRead(session_->context(), std::move(request), options, sink_);
    return sink_->WaitForEnd();
  }

  const std::string content_ = Letters(300'000);
  const ObjectVersion version_ = {300'000, absl::FromUnixSeconds(784'111'777), "\"v1\""};
  const std::vector<std::string> headers_ = {"ETag: \"v1\"", kDate};
  DatasetCounters counters_;
  std::atomic<bool> ranges_ignored_ = false;
  std::unique_ptr<LyingServer> server_;
  std::unique_ptr<HttpSession> session_;
  std::shared_ptr<RecordingSink> sink_;
};

TEST_F(RangeReadTest, SendsIfMatchForStrongTagsOnly) {
  const auto truth = [&](const Request& request, int, Answer& answer) {
    AnswerTruthfully(request, content_, headers_, answer);
  };
  ASSERT_TRUE(Read(truth, version_, {10, 20}).ok());
  EXPECT_EQ(sink_->bytes(), content_.substr(10, 20));
  EXPECT_EQ(server_->requests()[0].Header("if-match"), "\"v1\"");
  EXPECT_EQ(server_->requests()[0].Header("range"), "bytes=10-29");
  EXPECT_EQ(server_->requests()[0].Header("accept-encoding"), "identity");
  ObjectVersion untagged = version_;
  untagged.etag.clear();
  ASSERT_TRUE(Read(truth, untagged, {10, 20}).ok());
  EXPECT_EQ(server_->requests()[0].Header("if-match"), "");
}

TEST_F(RangeReadTest, AChangedEtagIsNoticedThoughIfMatchIsIgnored) {
  const absl::Status status = Read(
      [&](const Request& request, int, Answer& answer) {
        AnswerTruthfully(request, content_, {"ETag: \"v2\"", kDate}, answer);
      },
      version_, {10, 20});
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(sink_->bytes(), "");
  EXPECT_EQ(server_->requests().size(), 1u) << "not tried again";
}

TEST_F(RangeReadTest, AChangedTimeIsNoticedWithoutEtag) {
  ObjectVersion untagged = version_;
  untagged.etag.clear();
  const absl::Status status = Read(
      [&](const Request& request, int, Answer& answer) {
        AnswerTruthfully(request, content_, {"Last-Modified: Sun, 06 Nov 1994 08:49:38 GMT"},
                         answer);
      },
      untagged, {10, 20});
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

TEST_F(RangeReadTest, AChangedTotalIsNoticed) {
  const absl::Status status = Read(
      [&](const Request&, int, Answer& answer) {
        answer.Send(206, {"ETag: \"v1\"", "Content-Range: bytes 10-29/300001"},
                    content_.substr(10, 20));
      },
      version_, {10, 20});
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

// The object changes between the two halves of one read.
TEST_F(RangeReadTest, VersionsAreNeverMixedAcrossRetries) {
  const absl::Status status = Read(
      [&](const Request& request, int nth, Answer& answer) {
        if (nth > 0) return AnswerTruthfully(request, content_, {"ETag: \"v2\""}, answer);
        answer.Raw(
            absl::StrCat("HTTP/1.1 206 x\r\nETag: \"v1\"\r\nContent-Range: bytes "
                         "0-199999/300000\r\nContent-Length: 200000\r\n\r\n",
                         content_.substr(0, 100'000)));
        answer.Close();
      },
      version_, {0, 200'000});
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(sink_->bytes(), content_.substr(0, 100'000));
}

TEST_F(RangeReadTest, ABrokenTransferGoesOnWhereItStopped) {
  const absl::Status status = Read(
      [&](const Request& request, int nth, Answer& answer) {
        if (nth >= 3) return AnswerTruthfully(request, content_, headers_, answer);
        const ByteRange range = *request.range();
        answer.Raw(absl::StrCat("HTTP/1.1 206 x\r\nETag: \"v1\"\r\nContent-Range: bytes ",
                                range.offset, "-", range.end() - 1, "/300000\r\nContent-Length: ",
                                range.length, "\r\n\r\n", content_.substr(range.offset, 1000)));
        nth == 1 ? answer.Reset() : answer.Close();
      },
      version_, {5000, 200'000});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink_->starts(), 1);
  EXPECT_EQ(sink_->offset(), 5000u);
  EXPECT_TRUE(sink_->bytes() == content_.substr(5000, 200'000));
  const auto requests = server_->requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_EQ(requests[1].range()->offset, 6000u);
  EXPECT_EQ(requests[3].range()->end(), 205'000u);
  EXPECT_EQ(counters_.remote_requests.value(), 4u);
  EXPECT_EQ(counters_.remote_errors.value(), 3u);
}

TEST_F(RangeReadTest, AStalledBodyIsAskedForAnew) {
  const absl::Status status = Read(
      [&](const Request& request, int nth, Answer& answer) {
        if (nth > 0) return AnswerTruthfully(request, content_, headers_, answer);
        answer.Raw(
            absl::StrCat("HTTP/1.1 206 x\r\nETag: \"v1\"\r\nContent-Range: bytes "
                         "0-99/300000\r\nContent-Length: 100\r\n\r\n",
                         content_.substr(0, 40)));
        answer.Stall();
      },
      version_, {0, 100});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink_->bytes(), content_.substr(0, 100));
  EXPECT_EQ(server_->requests()[1].range()->offset, 40u);
}

TEST_F(RangeReadTest, ABodyThatIsAlwaysShortIsDataLoss) {
  const absl::Status status = Read(
      [&](const Request&, int, Answer& answer) {
        answer.Raw(
            "HTTP/1.1 206 x\r\nETag: \"v1\"\r\nContent-Range: bytes 0-99/300000\r\nContent-Length: "
            "100\r\n\r\n");
        answer.Close();
      },
      version_, {0, 100});
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_NE(status.message().find("/object"), absl::string_view::npos);
  EXPECT_EQ(server_->requests().size(), static_cast<size_t>(kMaxShortBodies));
}

TEST_F(RangeReadTest, ALengthThatIsShorterThanTheRangeIsDataLoss) {
  const absl::Status status = Read(
      [&](const Request& request, int, Answer& answer) {
        const ByteRange range = *request.range();
        answer.Send(206,
                    {"ETag: \"v1\"", absl::StrCat("Content-Range: bytes ", range.offset, "-",
                                                  range.end() - 1, "/300000")},
                    "");
      },
      version_, {0, 100});
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

TEST_F(RangeReadTest, ANarrowerRangeIsFollowedByTheRest) {
  const absl::Status status = Read(
      [&](const Request& request, int, Answer& answer) {
        const ByteRange range = {request.range()->offset,
                                 std::min<uint64_t>(request.range()->length, 60)};
        answer.Send(206,
                    {"ETag: \"v1\"", absl::StrCat("Content-Range: bytes ", range.offset, "-",
                                                  range.end() - 1, "/300000")},
                    content_.substr(range.offset, range.length));
      },
      version_, {0, 100});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink_->bytes(), content_.substr(0, 100));
}

TEST_F(RangeReadTest, AnotherRangeThanAskedIsDataLoss) {
  for (const char* range : {"bytes 11-30/300000", "bytes 10-40/300000", "bytes 0-19/300000",
                            "bytes */300000", "rubbish", ""}) {
    const absl::Status status = Read(
        [&](const Request&, int, Answer& answer) {
          answer.Send(206, {"ETag: \"v1\"", absl::StrCat("Content-Range: ", range)},
                      content_.substr(10, 20));
        },
        version_, {10, 20});
    EXPECT_TRUE(absl::IsDataLoss(status)) << range << ": " << status;
    EXPECT_EQ(sink_->bytes(), "") << range;
  }
}

TEST_F(RangeReadTest, AnEncodedBodyIsRefused) {
  const absl::Status status = Read(
      [&](const Request& request, int, Answer& answer) {
        AnswerTruthfully(request, content_, {"ETag: \"v1\"", "Content-Encoding: gzip"}, answer);
      },
      version_, {10, 20});
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

TEST_F(RangeReadTest, AServerWithoutRangesSendsTheWholeObject) {
  const absl::Status status =
      Read([&](const Request&, int, Answer& answer) { answer.Send(200, headers_, content_); },
           version_, {1000, 20});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink_->offset(), 0u);
  EXPECT_TRUE(sink_->bytes() == content_);
  EXPECT_TRUE(ranges_ignored_);
}

TEST_F(RangeReadTest, AWholeObjectIsNoSignOfMissingRanges) {
  const absl::Status status =
      Read([&](const Request&, int, Answer& answer) { answer.Send(200, headers_, content_); },
           version_, {0, content_.size()});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_FALSE(ranges_ignored_);
}

TEST_F(RangeReadTest, ABreakWithoutRangesIsBridged) {
  const absl::Status status = Read(
      [&](const Request&, int nth, Answer& answer) {
        if (nth > 0) return answer.Send(200, headers_, content_);
        answer.Raw(absl::StrCat("HTTP/1.1 200 x\r\nETag: \"v1\"\r\nContent-Length: 300000\r\n\r\n",
                                content_.substr(0, 123'456)));
        answer.Close();
      },
      version_, {1000, 20});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink_->starts(), 1);
  EXPECT_TRUE(sink_->bytes() == content_);
}

// 206 first, then the whole object: the sink sees only what it was promised.
TEST_F(RangeReadTest, RangesLostInTheMiddleDoNotShow) {
  const absl::Status status = Read(
      [&](const Request&, int nth, Answer& answer) {
        if (nth > 0) return answer.Send(200, headers_, content_);
        answer.Raw(
            absl::StrCat("HTTP/1.1 206 x\r\nETag: \"v1\"\r\nContent-Range: bytes "
                         "1000-100999/300000\r\nContent-Length: 100000\r\n\r\n",
                         content_.substr(1000, 5000)));
        answer.Close();
      },
      version_, {1000, 100'000});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink_->offset(), 1000u);
  EXPECT_TRUE(sink_->bytes() == content_.substr(1000, 100'000));
}

TEST_F(RangeReadTest, StatusesMeanWhatTheyMean) {
  const std::vector<std::pair<int, absl::StatusCode>> cases = {
      {401, absl::StatusCode::kUnauthenticated},    {403, absl::StatusCode::kPermissionDenied},
      {404, absl::StatusCode::kNotFound},           {410, absl::StatusCode::kNotFound},
      {412, absl::StatusCode::kFailedPrecondition}, {416, absl::StatusCode::kFailedPrecondition},
      {400, absl::StatusCode::kUnavailable},        {501, absl::StatusCode::kUnimplemented}};
  for (const auto& [status, code] : cases) {
    const absl::Status got = Read(
        [status = status](const Request&, int, Answer& answer) { answer.Send(status, {}, "no"); },
        version_, {0, 10});
    EXPECT_EQ(got.code(), code) << status << ": " << got;
    EXPECT_NE(got.message().find(absl::StrCat(status)), absl::string_view::npos) << got;
    EXPECT_NE(got.message().find("/object"), absl::string_view::npos) << got;
    EXPECT_EQ(server_->requests().size(), 1u) << status;
  }
}

TEST_F(RangeReadTest, BusyServersAreAskedAgain) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    const absl::Status got = Read(
        [&](const Request& request, int nth, Answer& answer) {
          if (nth < 2) return answer.Send(status, {"Retry-After: 0"}, "later");
          AnswerTruthfully(request, content_, headers_, answer);
        },
        version_, {10, 20});
    EXPECT_TRUE(got.ok()) << status << ": " << got;
    EXPECT_EQ(sink_->bytes(), content_.substr(10, 20));
    EXPECT_EQ(counters_.remote_errors.value() % 2, 0u);
  }
}

TEST_F(RangeReadTest, RetryAfterIsObeyed) {
  std::atomic<int64_t> asked_again_ms = 0;
  const absl::Time start = absl::Now();
  const absl::Status status = Read(
      [&](const Request& request, int nth, Answer& answer) {
        if (nth == 0) return answer.Send(503, {"Retry-After: 1"}, "");
        asked_again_ms = absl::ToInt64Milliseconds(absl::Now() - start);
        AnswerTruthfully(request, content_, headers_, answer);
      },
      version_, {10, 20});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_GE(asked_again_ms, 1000);
}

TEST_F(RangeReadTest, TheDeadlineEndsRetriesAndNamesTheCause) {
  const absl::Status status =
      Read([&](const Request&, int, Answer& answer) { answer.Send(503, {}, ""); }, version_,
           {10, 20}, {.deadline = absl::Milliseconds(400)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_NE(status.message().find("503"), absl::string_view::npos) << status;
}

TEST_F(RangeReadTest, ASingleTryReportsTheCauseItself) {
  const absl::Status status =
      Read([&](const Request&, int, Answer& answer) { answer.Send(503, {}, ""); }, version_,
           {10, 20}, {.single_try = true});
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(server_->requests().size(), 1u);
}

TEST_F(RangeReadTest, ASilentServerEndsAtTheDeadline) {
  const absl::Status status = Read([&](const Request&, int, Answer& answer) { answer.Stall(); },
                                   version_, {10, 20}, {.deadline = absl::Milliseconds(500)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
}

TEST_F(RangeReadTest, ATrickleEndsAtTheDeadline) {
  const absl::Status status = Read(
      [&](const Request&, int, Answer& answer) {
        answer.Raw(
            "HTTP/1.1 206 x\r\nETag: \"v1\"\r\nContent-Range: bytes "
            "0-199999/300000\r\nContent-Length: 200000\r\n\r\n");
        while (!answer.gone()) {
          answer.Raw("x");
          absl::SleepFor(absl::Milliseconds(20));  // slow is what this server is
        }
      },
      version_, {0, 200'000}, {.deadline = absl::Milliseconds(500)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
}

TEST_F(RangeReadTest, CancelWhileWaitingForARetryEndsAtOnce) {
  LyingServer server(
      [&](const Request&, int, Answer& answer) { answer.Send(503, {"Retry-After: 30"}, ""); });
  session_ = *HttpSession::Create({}, std::make_unique<PlainDialect>(), &counters_);
  sink_ = std::make_shared<RecordingSink>();
  const auto transfer =
      RangeRead(session_->context(),
                {.url = server.url() + "/x", .expected = version_, .range = {0, 10}}, {}, sink_);
  while (counters_.remote_errors.value() == 0) absl::SleepFor(absl::Milliseconds(1));
  transfer->Cancel();
  EXPECT_TRUE(absl::IsCancelled(sink_->WaitForEnd()));
}

TEST_F(RangeReadTest, ClosingWhileWaitingForARetryAnswers) {
  LyingServer server(
      [&](const Request&, int, Answer& answer) { answer.Send(503, {"Retry-After: 30"}, ""); });
  session_ = *HttpSession::Create({}, std::make_unique<PlainDialect>(), &counters_);
  sink_ = std::make_shared<RecordingSink>();
  RangeRead(session_->context(),
            {.url = server.url() + "/x", .expected = version_, .range = {0, 10}}, {}, sink_);
  while (counters_.remote_errors.value() == 0) absl::SleepFor(absl::Milliseconds(1));
  session_ = nullptr;
  EXPECT_TRUE(absl::IsCancelled(sink_->WaitForEnd()));
}

TEST_F(RangeReadTest, WhatIsNoHttpIsDataLoss) {
  for (const char* rubbish : {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "220 ftp ready\r\n\r\n"}) {
    const absl::Status status = Read(
        [&](const Request&, int, Answer& answer) {
          answer.Raw(rubbish);
          answer.Close();
        },
        version_, {0, 10});
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  }
}

TEST_F(RangeReadTest, AnEndlessHeadIsRefused) {
  const absl::Status status = Read(
      [&](const Request&, int, Answer& answer) {
        answer.Raw("HTTP/1.1 206 x\r\n");
        for (int i = 0; i < 1000; ++i)
          answer.Raw(absl::StrCat("X-", i, ": ", std::string(1000, 'x'), "\r\n"));
        answer.Close();
      },
      version_, {0, 10}, {.single_try = true});
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsUnavailable(status)) << status;
}

}  // namespace
}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/s3_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace larder::remote {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const S3Request kRequest{"s3://data/train/a", "data", "https://s3.example.com", false};

HttpHead Head(int status, std::vector<std::pair<std::string, std::string>> headers = {}) {
  HttpHead head;
  head.status = status;
  head.headers = std::move(headers);
  head.url = "https://s3.example.com/data/train/a";
  return head;
}

std::string Xml(absl::string_view code, absl::string_view more = "") {
  return absl::StrCat("<?xml version=\"1.0\"?>\n<Error><Code>", code,
                      "</Code><Message>as told</Message>", more,
                      "<RequestId>1</RequestId></Error>");
}

TEST(S3ErrorTest, SaysWhatTheAnswerMeansAndWhatToDo) {
  const struct {
    int status;
    std::string body;
    absl::StatusCode code;
    bool retryable;
    const char* message;
  } kCases[] = {
      {404, Xml("NoSuchBucket"), absl::StatusCode::kNotFound, false,
       "no bucket 'data' at https://s3.example.com"},
      {404, Xml("NoSuchKey"), absl::StatusCode::kNotFound, false, "not found"},
      {403, Xml("AccessDenied"), absl::StatusCode::kPermissionDenied, false, "s3:GetObject"},
      {403, Xml("InvalidAccessKeyId"), absl::StatusCode::kUnauthenticated, false,
       "AWS_ACCESS_KEY_ID"},
      {403, Xml("SignatureDoesNotMatch"), absl::StatusCode::kUnauthenticated, false,
       "AWS_SECRET_ACCESS_KEY"},
      {400, Xml("ExpiredToken"), absl::StatusCode::kUnauthenticated, false, "has expired"},
      {403, Xml("RequestTimeTooSkewed"), absl::StatusCode::kUnauthenticated, false, "clock"},
      {301, Xml("PermanentRedirect", "<Endpoint>data.s3.eu-west-1.amazonaws.com</Endpoint>"),
       absl::StatusCode::kInvalidArgument, false, "data.s3.eu-west-1.amazonaws.com"},
      {400, Xml("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
       absl::StatusCode::kInvalidArgument, false, "use --region eu-west-1"},
      {503, Xml("SlowDown"), absl::StatusCode::kUnavailable, true, "fewer requests"},
      // Some stores say so with another status.
      {400, Xml("SlowDown"), absl::StatusCode::kUnavailable, true, "fewer requests"},
      {500, Xml("InternalError"), absl::StatusCode::kUnavailable, true, "internal error"},
      {403, Xml("InvalidObjectState", "<StorageClass>DEEP_ARCHIVE</StorageClass>"),
       absl::StatusCode::kPermissionDenied, false, "is archived in DEEP_ARCHIVE: restore it first"},
      {412, Xml("PreconditionFailed"), absl::StatusCode::kFailedPrecondition, false,
       "no longer the version"},
      {416, Xml("InvalidRange"), absl::StatusCode::kFailedPrecondition, false,
       "is shorter than the version that was opened (InvalidRange: as told)"},
      {503, Xml("NeverHeardOf"), absl::StatusCode::kUnavailable, true, "NeverHeardOf: as told"},
      {404, Xml("XAdminUserNotFound"), absl::StatusCode::kUnauthenticated, false,
       "AWS_ACCESS_KEY_ID"},
      {404, Xml("NeverHeardOf"), absl::StatusCode::kUnavailable, false, "NeverHeardOf: as told"},
      // Without a body: answers to HEAD.
      {404, "", absl::StatusCode::kNotFound, false, "not found"},
      {403, "", absl::StatusCode::kPermissionDenied, false, "s3:ListBucket"},
      {400, "", absl::StatusCode::kPermissionDenied, false, "token may have expired"},
      {503, "", absl::StatusCode::kUnavailable, true, "503"},
      // Something on the way.
      {502, "<html>bad gateway</html>", absl::StatusCode::kUnavailable, true, "502"},
  };
  for (const auto& c : kCases) {
    const HttpRefusal refusal = ExplainS3Error(kRequest, Head(c.status), c.body);
    EXPECT_EQ(refusal.status.code(), c.code) << c.body << refusal.status;
    EXPECT_EQ(refusal.retryable, c.retryable) << c.body;
    EXPECT_THAT(std::string(refusal.status.message()), HasSubstr(c.message));
    EXPECT_THAT(std::string(refusal.status.message()), HasSubstr("s3://data/train/a"));
  }
}

TEST(S3ErrorTest, HeadersNameTheRightRegionWhereThereIsNoBody) {
  for (int status : {301, 400}) {
    const auto refusal =
        ExplainS3Error(kRequest, Head(status, {{"x-amz-bucket-region", "eu-west-3"}}), "");
    EXPECT_EQ(refusal.status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(refusal.status.message()), HasSubstr("use --region eu-west-3"));
  }
  // Amazon sends the header with other refusals too.
  const auto denied =
      ExplainS3Error(kRequest, Head(403, {{"x-amz-bucket-region", "eu-west-3"}}), "");
  EXPECT_EQ(denied.status.code(), absl::StatusCode::kPermissionDenied);
}

TEST(S3ErrorTest, RedirectsElsewhereAreNamed) {
  const auto refusal =
      ExplainS3Error(kRequest, Head(307, {{"location", "https://other.example.com/"}}), "");
  EXPECT_EQ(refusal.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refusal.status.message()), HasSubstr("https://other.example.com/"));
}

TEST(S3ErrorTest, ArchivedIsSaidWithWhatTheAnswerKnows) {
  const std::string body = Xml("InvalidObjectState");
  EXPECT_THAT(
      std::string(ExplainS3Error(kRequest, Head(403, {{"x-amz-storage-class", "GLACIER"}}), body)
                      .status.message()),
      HasSubstr("is archived in GLACIER: restore it first"));
  EXPECT_THAT(std::string(ExplainS3Error(kRequest, Head(403), body).status.message()),
              HasSubstr("is archived in cold storage: restore it first"));
}

TEST(S3ErrorTest, AnonymousIsToldToBringCredentials) {
  S3Request request = kRequest;
  request.is_anonymous = true;
  for (const std::string& body : {Xml("AccessDenied"), std::string()}) {
    const auto refusal = ExplainS3Error(request, Head(403), body);
    EXPECT_EQ(refusal.status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(refusal.status.message()), HasSubstr("without --anonymous"));
  }
}

TEST(S3ErrorTest, WhatTheServerSaysStaysOneShortLine) {
  const std::string body = absl::StrCat("<Error><Code>Odd\nLine</Code><Message>",
                                        std::string(5000, 'x'), "\x1b[31m</Message></Error>");
  const auto refusal = ExplainS3Error(kRequest, Head(400), body);
  EXPECT_THAT(std::string(refusal.status.message()), Not(HasSubstr("\n")));
  EXPECT_LT(refusal.status.message().size(), 2 * kMaxErrorText);
}

}  // namespace
}  // namespace larder::remote

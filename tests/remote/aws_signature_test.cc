// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/aws_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace larder::remote {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// The examples of docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, with their
// keys.
const Credentials& ExampleCredentials() {
  static const auto* const credentials =
      new Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  return *credentials;
}

absl::Time ExampleTime() { return absl::FromUnixSeconds(1369353600); }  // 20130524T000000Z

std::string Header(const HeaderList& headers, absl::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "(none)";
}

std::string Authorization(const RequestToSign& request) {
  return Header(SignRequest(request, ExampleCredentials(), "us-east-1", ExampleTime()),
                "authorization");
}

TEST(AwsSignatureTest, SignsThePublishedExampleGetObject) {
  RequestToSign request{"GET", "examplebucket.s3.amazonaws.com", "/test.txt", "", {}};
  request.extra_headers = {{"range", "bytes=0-9"}};
  EXPECT_EQ(Authorization(request),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(AwsSignatureTest, SignsThePublishedExampleBucketLifecycle) {
  const RequestToSign request{"GET", "examplebucket.s3.amazonaws.com", "/", "lifecycle=", {}};
  EXPECT_THAT(
      Authorization(request),
      EndsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(AwsSignatureTest, SignsThePublishedExampleListObjects) {
  const std::string query = CanonicalQuery({{"prefix", "J"}, {"max-keys", "2"}});
  const RequestToSign request{"GET", "examplebucket.s3.amazonaws.com", "/", query, {}};
  EXPECT_THAT(
      Authorization(request),
      EndsWith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(AwsSignatureTest, SendsTimeAndBodyHashAsSigned) {
  const HeaderList headers = SignRequest({"HEAD", "h", "/b/k", "", {}}, ExampleCredentials(),
                                         "us-east-1", ExampleTime() + absl::Milliseconds(999));
  EXPECT_EQ(Header(headers, "x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(Header(headers, "x-amz-content-sha256"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Header(headers, "x-amz-security-token"), "(none)");
}

TEST(AwsSignatureTest, SessionTokenIsSentAndSigned) {
  const Credentials credentials("id", "secret", "the-token");
  const HeaderList headers =
      SignRequest({"GET", "h", "/", "", {}}, credentials, "us-east-1", ExampleTime());
  EXPECT_EQ(Header(headers, "x-amz-security-token"), "the-token");
  EXPECT_THAT(Header(headers, "authorization"), HasSubstr("x-amz-date;x-amz-security-token,"));
}

TEST(AwsSignatureTest, TheSecretIsInNoHeader) {
  for (const auto& [name, value] :
       SignRequest({"GET", "h", "/", "", {}}, ExampleCredentials(), "us-east-1", ExampleTime())) {
    EXPECT_FALSE(absl::StrContains(value, "wJalr")) << name;
  }
}

TEST(AwsSignatureTest, QueryIsSortedAndEncodedAsSigned) {
  EXPECT_EQ(CanonicalQuery({}), "");
  EXPECT_EQ(CanonicalQuery({{"prefix", ""}, {"delimiter", "/"}}), "delimiter=%2F&prefix=");
  EXPECT_EQ(CanonicalQuery({{"prefix", "dt=2024/a b*:+~\xc3\xa9"}}),
            "prefix=dt%3D2024%2Fa%20b%2A%3A%2B~%C3%A9");
  EXPECT_EQ(CanonicalQuery({{"a", "2"}, {"a", "1"}, {"B", "0"}}), "B=0&a=1&a=2");
}

}  // namespace
}  // namespace larder::remote

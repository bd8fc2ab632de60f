// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/s3_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace larder::remote {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(S3LocationTest, ReadsBucketAndPrefix) {
  const struct {
    const char* source;
    const char* bucket;
    const char* prefix;
    const char* canonical;
  } kCases[] = {
      {"s3://imagenet", "imagenet", "", "s3://imagenet"},
      {"S3://imagenet", "imagenet", "", "s3://imagenet"},
      {"s3://imagenet/", "imagenet", "", "s3://imagenet"},
      {"s3://imagenet/train", "imagenet", "train", "s3://imagenet/train"},
      {"s3://imagenet/train/a//", "imagenet", "train/a", "s3://imagenet/train/a"},
      {"s3://b-1.x_Y/dt=2024-05-22/a b%20?#@", "b-1.x_Y", "dt=2024-05-22/a b%20?#@",
       "s3://b-1.x_Y/dt=2024-05-22/a b%20?#@"},
  };
  for (const auto& c : kCases) {
    const auto location = S3Location::Parse(c.source);
    ASSERT_TRUE(location.ok()) << c.source << ": " << location.status();
    EXPECT_EQ(location->bucket, c.bucket);
    EXPECT_EQ(location->prefix, c.prefix);
    EXPECT_EQ(location->ToString(), c.canonical);
  }
}

TEST(S3LocationTest, SaysWhatIsWrong) {
  const struct {
    const char* source;
    const char* message;
  } kCases[] = {
      {"http://x", "write s3://bucket/prefix"},
      {"s3://", "names no bucket"},
      {"s3:///key", "names no bucket"},
      {"s3://a b/key", "no bucket name"},
      {"s3://localhost:9000/b", "--endpoint-url"},
      {"s3://ab", "3 to 255"},
      {"s3://arn:aws:s3:us-east-1:1:accesspoint/x", "ARNs"},
      {"s3://fast--usw2-az1--x-s3/x", "S3 Express"},
      {"s3://bucket/a//b", "empty, '.' or '..'"},
      {"s3://bucket//b", "empty, '.' or '..'"},
      {"s3://bucket/a/../b", "empty, '.' or '..'"},
      {"s3://bucket/.", "empty, '.' or '..'"},
  };
  for (const auto& c : kCases) {
    const auto location = S3Location::Parse(c.source);
    EXPECT_TRUE(absl::IsInvalidArgument(location.status())) << c.source;
    EXPECT_THAT(std::string(location.status().message()), HasSubstr(c.message));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      S3Location::Parse(absl::StrCat("s3://bucket/", std::string(1025, 'x'))).status()));
}

TEST(S3LocationTest, NeverEchoesCredentials) {
  for (const char* source : {"s3://AKID:hush@bucket/x", "s3://AKID:hu/sh@bucket/x"}) {
    const auto location = S3Location::Parse(source);
    EXPECT_TRUE(absl::IsInvalidArgument(location.status()));
    EXPECT_THAT(std::string(location.status().message()), Not(HasSubstr("hu")));
    EXPECT_THAT(std::string(location.status().message()), HasSubstr("credentials in it"));
  }
  const auto endpoint =
      S3Endpoint::Make("bucket", "https://AKID:hush@host", "us-east-1", S3Addressing::kAuto);
  EXPECT_TRUE(absl::IsInvalidArgument(endpoint.status()));
  EXPECT_THAT(std::string(endpoint.status().message()), Not(HasSubstr("hush")));
}

TEST(S3LocationTest, KeysAndPrefixes) {
  const auto whole = S3Location::Parse("s3://bucket");
  EXPECT_EQ(whole->Key("a/b"), "a/b");
  EXPECT_EQ(whole->Key(""), "");
  EXPECT_EQ(whole->FolderPrefix(""), "");
  EXPECT_EQ(whole->FolderPrefix("a"), "a/");
  const auto part = S3Location::Parse("s3://bucket/p");
  EXPECT_EQ(part->Key("a/b"), "p/a/b");
  EXPECT_EQ(part->Key(""), "p");
  EXPECT_EQ(part->FolderPrefix(""), "p/");
  EXPECT_EQ(part->FolderPrefix("a"), "p/a/");
}

TEST(S3EndpointTest, AddressesTheBucketAsTheStoreWants) {
  const struct {
    const char* bucket;
    const char* endpoint;
    const char* region;
    S3Addressing addressing;
    const char* url_of_key;
  } kCases[] = {
      // The public service.
      {"data", "", "us-east-1", S3Addressing::kAuto, "https://data.s3.us-east-1.amazonaws.com/k"},
      {"data", "", "cn-north-1", S3Addressing::kAuto,
       "https://data.s3.cn-north-1.amazonaws.com.cn/k"},
      {"my.data", "", "eu-west-1", S3Addressing::kAuto,
       "https://s3.eu-west-1.amazonaws.com/my.data/k"},
      {"My_Data", "", "us-east-1", S3Addressing::kAuto,
       "https://s3.us-east-1.amazonaws.com/My_Data/k"},
      {"data", "", "us-east-1", S3Addressing::kPath, "https://s3.us-east-1.amazonaws.com/data/k"},
      {"data", "https://s3.eu-west-3.amazonaws.com", "eu-west-3", S3Addressing::kAuto,
       "https://data.s3.eu-west-3.amazonaws.com/k"},
      // Other stores.
      {"data", "http://127.0.0.1:9000", "us-east-1", S3Addressing::kAuto,
       "http://127.0.0.1:9000/data/k"},
      {"data", "http://localhost:9000/", "x", S3Addressing::kAuto, "http://localhost:9000/data/k"},
      {"data", "https://[::1]:9000", "x", S3Addressing::kAuto, "https://[::1]:9000/data/k"},
      {"data", "https://S3.Example.com:443", "x", S3Addressing::kAuto,
       "https://s3.example.com/data/k"},
      {"data", "http://s3.example.com:443", "x", S3Addressing::kAuto,
       "http://s3.example.com:443/data/k"},
      {"data", "https://s3.example.com:8443", "x", S3Addressing::kVirtualHost,
       "https://data.s3.example.com:8443/k"},
  };
  for (const auto& c : kCases) {
    const auto endpoint = S3Endpoint::Make(c.bucket, c.endpoint, c.region, c.addressing);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    EXPECT_EQ(endpoint->Origin() + endpoint->Path("k"), c.url_of_key);
  }
}

TEST(S3EndpointTest, EncodesKeysAsTheSignatureWants) {
  const auto path_style =
      S3Endpoint::Make("b.x", "http://localhost:9000", "us-east-1", S3Addressing::kAuto);
  EXPECT_EQ(path_style->Path(""), "/b.x");
  EXPECT_EQ(path_style->Path("dt=2024/a b:c*d+e%f&g?h#i~j-k_l.m/\xc3\xa9"),
            "/b.x/dt%3D2024/a%20b%3Ac%2Ad%2Be%25f%26g%3Fh%23i~j-k_l.m/%C3%A9");
  const auto virtual_host = S3Endpoint::Make("b", "", "us-east-1", S3Addressing::kVirtualHost);
  EXPECT_EQ(virtual_host->Path(""), "/");
  EXPECT_EQ(virtual_host->Path("k'()!"), "/k%27%28%29%21");
}

TEST(S3EndpointTest, SaysWhatIsWrong) {
  const struct {
    const char* endpoint;
    const char* region;
    const char* message;
  } kCases[] = {
      {"s3.example.com", "r", "write http(s)://host[:port]"},
      {"ftp://s3.example.com", "r", "write http(s)://host[:port]"},
      {"http://", "r", "write http(s)://host[:port]"},
      {"http://host:99999", "r", "write http(s)://host[:port]"},
      {"http://host/bucket", "r", "has a path"},
      {"http://host/?x=y", "r", "has a path"},
      {"", "us east 1", "they look like us-east-1"},
      {"", "evil.example/", "they look like us-east-1"},
  };
  for (const auto& c : kCases) {
    const auto endpoint = S3Endpoint::Make("bucket", c.endpoint, c.region, S3Addressing::kAuto);
    EXPECT_TRUE(absl::IsInvalidArgument(endpoint.status())) << c.endpoint;
    EXPECT_THAT(std::string(endpoint.status().message()), HasSubstr(c.message));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      S3Endpoint::Make("b", "http://10.0.0.1", "r", S3Addressing::kVirtualHost).status()));
}

}  // namespace
}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/url.h"

#include <gtest/gtest.h>

namespace larder::remote {
namespace {

TEST(UrlTest, PartsAreTold) {
  const auto url = ParseUrl("HTTPS://Example.COM:8443/a%20b/c?x=1#place");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a%20b/c");
  EXPECT_EQ(url->query, "x=1");
  EXPECT_EQ(url->ToString(), "https://example.com:8443/a%20b/c?x=1");
}

TEST(UrlTest, DefaultPortsAreLeftOut) {
  EXPECT_EQ(ParseUrl("http://h:80")->ToString(), "http://h/");
  EXPECT_EQ(ParseUrl("https://h:443/x")->Origin(), "https://h");
  EXPECT_EQ(ParseUrl("http://h:443/x")->Origin(), "http://h:443");
  EXPECT_EQ(ParseUrl("http://[::1]:8080/x")->Authority(), "[::1]:8080");
  EXPECT_EQ(ParseUrl("http://[::1]/x")->Authority(), "[::1]");
}

TEST(UrlTest, WhatIsNoUrlIsRefused) {
  for (const char* bad :
       {"", "host/path", "ftp://h/", "http://", "http:///x", "http://h:0/", "http://h:99999/",
        "http://h:+80/", "http://h:x/", "http://h h/", "http://h/a b", "http://h/\n",
        "http://{a,b}/x", "http://[::1/", "http://[]/", "http://a]:1/", "http://::1/"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseUrl(bad).status())) << bad;
  }
}

TEST(UrlTest, CredentialsAreRefusedAndNotRepeated) {
  const auto url = ParseUrl("http://me:hunter2@host/");
  ASSERT_TRUE(absl::IsInvalidArgument(url.status()));
  EXPECT_NE(url.status().message().find("--netrc-file"), absl::string_view::npos);
  EXPECT_EQ(url.status().message().find("hunter2"), absl::string_view::npos);
}

TEST(UrlTest, ReferencesAreResolved) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://o/x", "https://o/x"},
      {"//o:81/x", "http://o:81/x"},
      {"/x/y", "http://h/x/y"},
      {"x", "http://h/a/b/x"},
      {"./x", "http://h/a/b/x"},
      {"../x", "http://h/a/x"},
      {"../../x", "http://h/x"},
      {"../../../x", "http://h/x"},
      {"?q", "http://h/a/b/c?q"},
      {"", "http://h/a/b/c"},
      {"x?u=http://o/", "http://h/a/b/x?u=http://o/"}};
  for (const auto& [reference, want] : cases) {
    const auto url = ResolveUrl("http://h/a/b/c", reference);
    ASSERT_TRUE(url.ok()) << reference;
    EXPECT_EQ(url->ToString(), want) << reference;
  }
  for (const char* bad : {"ftp://o/", "file:///etc/passwd", "http://u:p@o/", "javascript:x"}) {
    EXPECT_FALSE(ResolveUrl("http://h/", bad).ok()) << bad;
  }
}

TEST(UrlTest, MessagesCarryNoSecrets) {
  EXPECT_EQ(UrlForPeople("https://h/a?X-Amz-Signature=secret"), "https://h/a");
  EXPECT_EQ(UrlForPeople("https://me:secret@h/a#x"), "https://h/a");
  EXPECT_EQ(UrlForPeople("https://h/@home"), "https://h/@home");
  EXPECT_EQ(UrlForPeople("https://h"), "https://h");
}

TEST(UrlTest, EncodingIsUndoneByDecoding) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentEncode("a/b c+d=ü~"), "a/b%20c%2Bd%3D%C3%BC~");
  EXPECT_EQ(PercentEncode("a/b", /*keep_slashes=*/false), "a%2Fb");
  EXPECT_EQ(PercentDecode("%e4%E4"), "\xe4\xe4");
  EXPECT_EQ(PercentDecode("a+b"), "a+b");
  for (const char* bad : {"%", "%4", "%zz", "x%"})
    EXPECT_EQ(PercentDecode(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace larder::remote

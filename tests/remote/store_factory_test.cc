// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/store_factory.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "base/file.h"
#include "tests/testing/temp_dir.h"

namespace larder::remote {
namespace {

TEST(CanonicalSourceTest, OneFormForEach) {
  const std::pair<const char*, const char*> cases[] = {
      {"s3://bucket/prefix/", "s3://bucket/prefix"},
      {"s3://bucket/", "s3://bucket"},
      {"http://Host:80/path/", "http://host/path"},
      {"HTTPS://host", "https://host/"},
      {"http://host/", "http://host/"},
      {"http://host//", "http://host/"},
      {"http://host:8080/a%20b//", "http://host:8080/a%20b"},
      {"http://h/shard-{000..146}.tar", "http://h/shard-{000..146}.tar"},
      {"/data//set/./x/", "/data/set/x"},
      {"/", "/"},
      {"file:///data/a%20b", "/data/a b"},
      {"file://localhost/data", "/data"},
      {"FILE:///data", "/data"},
  };
  for (const auto& [source, want] : cases) {
    const auto got = CanonicalSource(source);
    ASSERT_TRUE(got.ok()) << source << ": " << got.status();
    EXPECT_EQ(*got, want) << source;
    EXPECT_EQ(CanonicalSource(*got).value_or(""), want) << "not stable";
  }
}

TEST(CanonicalSourceTest, WhatCanNotBeReadIsRefused) {
  for (const char* bad :
       {"", "data/set", "ftp://host/x", "gs://bucket", "http://", "http://host/?x=1",
        "http://me:secret@host/", "file://server/share", "file:data", "/data/../etc", "file:///%zz",
        "http://h/{1..2", "http://h/{a}", "http://h/{1..99999999}", "s3://", "http://h/a b"}) {
    const auto got = CanonicalSource(bad);
    EXPECT_TRUE(absl::IsInvalidArgument(got.status())) << bad << ": " << got.status();
    EXPECT_FALSE(absl::StrContains(got.status().message(), "secret")) << got.status();
    EXPECT_FALSE(absl::StrContains(got.status().message(), "\n")) << got.status();
  }
}

TEST(OpenStoreTest, OptionsOfOtherKindsAreRefusedByName) {
  DatasetCounters counters;
  const std::pair<StoreOptions, const char*> cases[] = {
      {{.source = "/data", .endpoint_url = "http://x"}, "--endpoint-url"},
      {{.source = "http://h/", .region = "x"}, "--region"},
      {{.source = "http://h/", .profile = "x"}, "--profile"},
      {{.source = "http://h/", .anonymous = true}, "--anonymous"},
      {{.source = "/data", .ca_bundle = "x"}, "--ca-bundle"},
      {{.source = "s3://b", .header_file = "x"}, "--header-file"},
      {{.source = "/data", .netrc_file = "x"}, "--netrc-file"},
  };
  for (const auto& [options, name] : cases) {
    const auto store = OpenStore(options, &counters);
    EXPECT_TRUE(absl::IsInvalidArgument(store.status())) << name << ": " << store.status();
    EXPECT_TRUE(absl::StrContains(store.status().message(), name)) << store.status();
  }
}

TEST(OpenStoreTest, FilesThatCanNotBeReadAreNamed) {
  DatasetCounters counters;
  const testing::TempDir folder;
  const std::string missing = folder.path() + "/missing";
  auto store = OpenStore({.source = "http://h/", .header_file = missing}, &counters);
  EXPECT_TRUE(absl::IsNotFound(store.status())) << store.status();
  EXPECT_TRUE(absl::StrContains(store.status().message(), "--header-file")) << store.status();
  store = OpenStore({.source = "http://h/", .netrc_file = missing}, &counters);
  EXPECT_TRUE(absl::IsNotFound(store.status())) << store.status();
  EXPECT_TRUE(absl::StrContains(store.status().message(), missing)) << store.status();
  ASSERT_TRUE(
      WriteFileAtomically(folder.path() + "/bad", "fine: 1\nAuthorization Bearer s3cret").ok());
  store = OpenStore({.source = "http://h/", .header_file = folder.path() + "/bad"}, &counters);
  EXPECT_TRUE(absl::IsInvalidArgument(store.status())) << store.status();
  EXPECT_TRUE(absl::StrContains(store.status().message(), "line 2")) << store.status();
  EXPECT_FALSE(absl::StrContains(store.status().message(), "s3cret")) << store.status();
}

}  // namespace
}  // namespace larder::remote

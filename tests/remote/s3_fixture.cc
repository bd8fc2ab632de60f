// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/remote/s3_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "tests/testing/temp_dir.h"

namespace larder::remote {
namespace {

void ExpectOk(const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; }

std::string Key(absl::string_view path) { return absl::StrCat(S3Fixture::kPrefix, "/", path); }

}  // namespace

S3Fixture::S3Fixture() : unavailable_(testing::S3Server::Unavailable()) {
  if (!unavailable_.empty()) return;
  auto server = testing::S3Server::Start();
  if (!server.ok()) {
    ADD_FAILURE() << server.status();
    unavailable_ = std::string(server.status().message());
    return;
  }
  server_ = *std::move(server);
  ExpectOk(server_->MakeBucket(kBucket));
}

void S3Fixture::PutObject(absl::string_view path, absl::string_view bytes) {
  ExpectOk(server_->PutObject(kBucket, Key(path), bytes));
}

void S3Fixture::RemoveObject(absl::string_view path) {
  ExpectOk(server_->RemoveObject(kBucket, Key(path)));
}

void S3Fixture::PutMany(absl::string_view path, int count) {
  const testing::TempDir folder;
  for (int i = 0; i < count; ++i) {
    ExpectOk(WriteFileAtomically(absl::StrCat(folder.path(), "/", ManyName(i)), ManyName(i)));
  }
  ExpectOk(server_->PutFolder(kBucket, absl::StrCat(Key(path), "/"), folder.path()));
}

bool S3Fixture::MakeFolder(absl::string_view path) {
  ExpectOk(server_->PutFolderMarker(kBucket, Key(path)));
  return true;
}

bool S3Fixture::CanHold(absl::string_view name) const {
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  // Keys are UTF-8.
  const bool has_other = name.find('\xff') != absl::string_view::npos;
  return !has_control && !has_other && name != "." && name != ".." && !name.empty() &&
         name.size() <= 255;
}

StoreOptions S3Fixture::Options() const {
  StoreOptions options;
  options.source = absl::StrCat("s3://", kBucket, "/", kPrefix);
  return options;
}

AwsConfig S3Fixture::Config() const {
  AwsConfig config;
  config.region = testing::S3Server::kRegion;
  config.endpoint_url = server_->endpoint_url();
  config.credentials = std::make_unique<FixedCredentials>(
      Credentials(testing::S3Server::kAccessKey, testing::S3Server::kSecretKey));
  return config;
}

Clock* S3Fixture::clock() {
  static SystemClock* const clock = new SystemClock;
  return clock;
}

std::unique_ptr<ObjectStore> S3Fixture::Open(DatasetCounters* counters) {
  auto store = S3Store::Create(Options(), Config(), clock(), counters);
  ExpectOk(store.status());
  return store.ok() ? *std::move(store) : nullptr;
}

std::unique_ptr<ObjectStore> S3Fixture::OpenDead(DatasetCounters* counters) {
  AwsConfig config = Config();
  config.endpoint_url = absl::StrCat("http://127.0.0.1:", testing::FreeLoopbackPort());
  auto store = S3Store::Create(Options(), std::move(config), clock(), counters);
  ExpectOk(store.status());
  return store.ok() ? *std::move(store) : nullptr;
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_REMOTE_S3_FIXTURE_H_
#define LARDER_TESTS_REMOTE_S3_FIXTURE_H_

#include <memory>
#include <string>

#include "remote/s3_store.h"
#include "tests/remote/store_fixture.h"
#include "tests/testing/s3_server.h"

namespace larder::remote {

// A prefix of a bucket on a real S3 server, path style.
class S3Fixture : public StoreFixture {
 public:
  static constexpr char kBucket[] = "larder-test";
  static constexpr char kPrefix[] = "some/prefix";

  S3Fixture();

  std::string Unavailable() const override { return unavailable_; }
  void PutObject(absl::string_view path, absl::string_view bytes) override;
  void ReplaceObject(absl::string_view path, absl::string_view bytes) override {
    PutObject(path, bytes);
  }
  void RemoveObject(absl::string_view path) override;
  // By one client, not one a request.
  void PutMany(absl::string_view path, int count) override;
  bool MakeFolder(absl::string_view path) override;
  std::unique_ptr<ObjectStore> Open(DatasetCounters* counters) override;
  std::unique_ptr<ObjectStore> OpenDead(DatasetCounters* counters) override;
  // The server keeps objects as files, and rclone writes '.' and '..' otherwise.
  bool CanHold(absl::string_view name) const override;

  testing::S3Server& server() { return *server_; }
  // Of the server's account; override what a test is about.
  StoreOptions Options() const;
  AwsConfig Config() const;
  static Clock* clock();

 private:
  std::string unavailable_;
  std::unique_ptr<testing::S3Server> server_;
};

}  // namespace larder::remote

#endif  // LARDER_TESTS_REMOTE_S3_FIXTURE_H_

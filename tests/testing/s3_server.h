// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_S3_SERVER_H_
#define LARDER_TESTS_TESTING_S3_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/testing/child_process.h"

namespace larder::testing {

struct S3ServerOptions {
  std::string virtual_domain;  // not empty: buckets are also served as hosts below this name
  std::string certificate;     // PEM files: TLS
  std::string private_key;
};

// A real S3 server for a test: versitygw (scripts/setup builds it) over a folder that dies with it,
// on a free loopback port. It checks signatures, knows one account, and takes objects from real
// clients (rclone, curl), which this class runs. Not thread-safe.
class S3Server {
 public:
  static constexpr char kAccessKey[] = "larder-test";
  static constexpr char kSecretKey[] = "larder/test+secret=";
  static constexpr char kRegion[] = "us-east-1";

  // Why there is none on this machine; "" if Start should work.
  static std::string Unavailable();

  // Answers requests when it returns.
  static absl::StatusOr<std::unique_ptr<S3Server>> Start(const S3ServerOptions& options = {});
  ~S3Server();

  // http(s)://127.0.0.1:PORT
  const std::string& endpoint_url() const { return endpoint_url_; }
  int port() const { return port_; }

  absl::Status MakeBucket(absl::string_view bucket);
  // Makes or overwrites.
  absl::Status PutObject(absl::string_view bucket, absl::string_view key, absl::string_view bytes);
  // All files below `folder`, with their names as keys below `prefix` ("" or ending in '/').
  absl::Status PutFolder(absl::string_view bucket, absl::string_view prefix,
                         const std::string& folder);
  // The object "key/", which some tools make for an empty folder.
  absl::Status PutFolderMarker(absl::string_view bucket, absl::string_view key);
  absl::Status RemoveObject(absl::string_view bucket, absl::string_view key);
  // Lets anyone do `actions` (JSON, like "\"s3:GetObject\"") with `resources` (JSON).
  absl::Status AllowAnyone(absl::string_view bucket, absl::string_view actions,
                           absl::string_view resources);

  // Stops answering; the port refuses connections.
  void Stop() { process_ = nullptr; }

 private:
  S3Server() = default;
  // A request signed by curl. `path`: percent-encoded, from '/' on.
  absl::Status Curl(absl::string_view method, absl::string_view path, absl::string_view body);
  absl::Status Rclone(std::vector<std::string> arguments, absl::string_view input = "");

  std::string folder_;
  std::string endpoint_url_;
  int port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_S3_SERVER_H_

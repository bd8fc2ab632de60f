// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_S3_DIALECT_H_
#define LARDER_REMOTE_S3_DIALECT_H_

#include <memory>
#include <string>

#include "base/clock.h"
#include "remote/credentials.h"
#include "remote/http_dialect.h"
#include "remote/s3_url.h"

namespace larder::remote {

// Signs the requests of one bucket, each try afresh, and explains its answers. Thread-safe.
class S3Dialect : public HttpDialect {
 public:
  // `clock` is not owned and outlives the dialect.
  S3Dialect(std::string bucket, S3Endpoint endpoint,
            std::unique_ptr<CredentialsProvider> credentials, bool is_anonymous, Clock* clock);

  // Errors: those of CredentialsProvider::Get.
  absl::StatusOr<HttpRequest> Prepare(HttpRequest request) override;
  HttpRefusal Explain(const HttpHead& head, absl::string_view body) override;
  bool keeps_encodings() const override { return true; }

 private:
  // s3://bucket/key, or the prefix that a listing asked for.
  std::string ObjectOf(absl::string_view url) const;

  const std::string bucket_;
  const S3Endpoint endpoint_;
  const std::unique_ptr<CredentialsProvider> credentials_;
  const bool is_anonymous_;
  Clock* const clock_;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_S3_DIALECT_H_

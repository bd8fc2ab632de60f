// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/s3_dialect.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/errors.h"
#include "remote/aws_signature.h"
#include "remote/s3_error.h"
#include "remote/url.h"

namespace larder::remote {

S3Dialect::S3Dialect(std::string bucket, S3Endpoint endpoint,
                     std::unique_ptr<CredentialsProvider> credentials, bool is_anonymous,
                     Clock* clock)
    : bucket_(std::move(bucket)),
      endpoint_(std::move(endpoint)),
      credentials_(std::move(credentials)),
      is_anonymous_(is_anonymous),
      clock_(clock) {}

absl::StatusOr<HttpRequest> S3Dialect::Prepare(HttpRequest request) {
  // A signature holds for one host only, and a redirect means another region: Explain says so.
  request.follow_redirects = false;
  LARDER_ASSIGN_OR_RETURN(const std::optional<Credentials> credentials, credentials_->Get());
  if (!credentials) return request;

  absl::string_view target = request.url;
  if (!absl::ConsumePrefix(&target, endpoint_.Origin())) {
    return absl::InternalError("a request to be signed is not for the endpoint");
  }
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(target, absl::MaxSplits('?', 1));
  RequestToSign to_sign;
  to_sign.method = request.method == HttpMethod::kHead ? "HEAD" : "GET";
  to_sign.host = endpoint_.authority;
  to_sign.path = parts.first;
  to_sign.query = parts.second;
  for (const auto& [name, value] :
       SignRequest(to_sign, *credentials, endpoint_.region, clock_->Now())) {
    request.headers.push_back(absl::StrCat(name, ": ", value));
  }
  return request;
}

HttpRefusal S3Dialect::Explain(const HttpHead& head, absl::string_view body) {
  return ExplainS3Error({ObjectOf(head.url), bucket_, endpoint_.url, is_anonymous_}, head, body);
}

std::string S3Dialect::ObjectOf(absl::string_view url) const {
  absl::ConsumePrefix(&url, endpoint_.Origin());
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(url, absl::MaxSplits('?', 1));
  absl::string_view encoded = parts.first;
  absl::ConsumePrefix(&encoded, endpoint_.bucket_path);
  absl::ConsumePrefix(&encoded, "/");
  for (absl::string_view parameter : absl::StrSplit(parts.second, '&')) {
    if (absl::ConsumePrefix(&parameter, "prefix=")) encoded = parameter;
  }
  const auto key = PercentDecode(encoded);
  return absl::StrCat("s3://", bucket_, "/", key ? *key : std::string(encoded));
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_AWS_SIGNATURE_H_
#define LARDER_REMOTE_AWS_SIGNATURE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "remote/credentials.h"

// AWS Signature Version 4 for S3 requests without a body
// (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). Pure; thread-safe.
//
// Why not libcurl's CURLOPT_AWS_SIGV4: Debian 12's (7.88) signs all our keys right once the caller
// has encoded and sorted everything and added x-amz-content-sha256, which it leaves out; but which
// of this is the caller's part changed between its versions (curl #9717, #10129, #13754, #18423).
// It also asks the system's clock, and takes the keys as a user and password, which other options
// of the same handle can send elsewhere. Here the bytes that are signed and those that are sent are
// the same strings, whatever libcurl's version.

namespace larder::remote {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// `parameters` (decoded) encoded and sorted as the signature wants them; "k=" for an empty value.
// Goes into the URL as it is.
std::string CanonicalQuery(std::vector<std::pair<std::string, std::string>> parameters);

struct RequestToSign {
  absl::string_view method;  // "GET" or "HEAD"
  absl::string_view host;    // as the Host header says it
  absl::string_view path;    // encoded, from '/' on (S3Endpoint::Path)
  absl::string_view query;   // of CanonicalQuery, without '?'
  HeaderList
      extra_headers;  // further ones to sign, lower-case names; the caller sends these itself
};

// The headers that make the request a signed one: x-amz-date, x-amz-content-sha256,
// x-amz-security-token where the credentials have one, authorization. To be sent as they are; holds
// no secret but the session token.
HeaderList SignRequest(const RequestToSign& request, const Credentials& credentials,
                       absl::string_view region, absl::Time now);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_AWS_SIGNATURE_H_

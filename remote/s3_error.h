// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_S3_ERROR_H_
#define LARDER_REMOTE_S3_ERROR_H_

#include <string>

#include "absl/strings/string_view.h"
#include "remote/http_dialect.h"

namespace larder::remote {

// What a store answers instead of what was asked for: <Error><Code>...</Code>...</Error>. Any may
// be empty; `code` is where the body is no such XML (answers to HEAD have no body at all).
struct S3Error {
  std::string code;
  std::string message;
  std::string region;         // the right one, in AuthorizationHeaderMalformed
  std::string endpoint;       // the right one, in PermanentRedirect and TemporaryRedirect
  std::string storage_class;  // in InvalidObjectState
};

// Pure. Texts are cut to kMaxErrorText bytes, control characters made spaces: they go into one line
// of log.
inline constexpr size_t kMaxErrorText = 300;
S3Error ParseS3Error(absl::string_view body);

// What the message names.
struct S3Request {
  std::string object;  // s3://bucket/key
  std::string bucket;
  std::string endpoint;  // for people
  bool is_anonymous = false;
};

// What an error answer means, in a message that says what to do. Codes that are not known here mean
// what their HTTP status means (ExplainHttpError); SlowDown and its kin are retryable.
HttpRefusal ExplainS3Error(const S3Request& request, const HttpHead& head, absl::string_view body);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_S3_ERROR_H_

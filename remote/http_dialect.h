// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_DIALECT_H_
#define LARDER_REMOTE_HTTP_DIALECT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "remote/http_client.h"

namespace larder::remote {

// What an answer that is not the one hoped for means.
struct HttpRefusal {
  absl::Status status;
  bool retryable = false;
};

// What differs between remotes that speak HTTP: how a request is dressed, and what error answers
// mean. Thread-safe; called on threads of the HTTP client, so neither may block.
class HttpDialect {
 public:
  virtual ~HttpDialect() = default;

  // Called before every try with the bare request: adds headers, credentials, a fresh signature.
  // An error ends the call with it.
  virtual absl::StatusOr<HttpRequest> Prepare(HttpRequest request) = 0;

  // Status 300 and above (and any 2xx that is not 200 or 206): `body` is the start of the body (up
  // to kMaxErrorBody bytes, empty for HEAD). The status names the URL and what to do. The default
  // is ExplainHttpError.
  static constexpr size_t kMaxErrorBody = 16 << 10;
  virtual HttpRefusal Explain(const HttpHead& head, absl::string_view body);

  // True where an object's Content-Encoding is a property of the object, whose bytes always come as
  // they are stored (S3); false where a server may encode what it sends, so that an encoded answer
  // is refused.
  virtual bool keeps_encodings() const { return false; }
};

// What an HTTP status of 300 and more means everywhere: 404, 410 NotFound; 403 PermissionDenied;
// 401 Unauthenticated; 412 FailedPrecondition; 416 FailedPrecondition; 405, 501 Unimplemented; 408,
// 429 and other 5xx Unavailable and retryable; else Unavailable.
HttpRefusal ExplainHttpError(const HttpHead& head);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_DIALECT_H_

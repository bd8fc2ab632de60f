// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_FETCH_H_
#define LARDER_REMOTE_HTTP_FETCH_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "remote/http_client.h"
#include "remote/http_session.h"
#include "remote/object_store.h"

namespace larder::remote {

struct HttpAnswer {
  HttpHead head;
  std::string body;
};

struct FetchOptions {
  size_t max_body = 0;     // bytes; a longer body is ResourceExhausted
  bool head_only = false;  // the body is not waited for, whatever its length
  // Redirects are not followed, and are answers too.
  bool redirects_are_answers = false;
};

// Sends `request` (HEAD, or a GET with a small answer: a listing) and retries what is worth it
// until the deadline. `done` gets an answer of status 200 or 206 with its whole body, or the error
// that HttpDialect::Explain makes of the last one: DeadlineExceeded naming the last cause when
// retries ran out of time; DataLoss for an encoded body. With options.single_try the first outcome
// is the answer. Counts remote_errors (not for 404).
std::shared_ptr<Transfer> HttpFetch(const HttpContext& context, HttpRequest request,
                                    const FetchOptions& fetch, const RequestOptions& options,
                                    std::function<void(absl::StatusOr<HttpAnswer>)> done);

// The same for a body of at most `max_body` bytes.
inline std::shared_ptr<Transfer> HttpFetch(const HttpContext& context, HttpRequest request,
                                           size_t max_body, const RequestOptions& options,
                                           std::function<void(absl::StatusOr<HttpAnswer>)> done) {
  return HttpFetch(context, std::move(request), FetchOptions{.max_body = max_body}, options,
                   std::move(done));
}

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_FETCH_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_SESSION_H_
#define LARDER_REMOTE_HTTP_SESSION_H_

#include <memory>

#include "absl/status/statusor.h"
#include "base/metrics.h"
#include "remote/http_client.h"
#include "remote/http_dialect.h"
#include "remote/timer_queue.h"

namespace larder::remote {

// What every call to a remote over HTTP needs. Not owned; all outlive the calls.
struct HttpContext {
  HttpClient* client = nullptr;
  TimerQueue* timers = nullptr;
  HttpDialect* dialect = nullptr;
  DatasetCounters* counters = nullptr;
};

// Owns these for one store and ends them in the right order: calls that wait for a retry, then
// those under way, get Cancelled before the destructor returns. Thread-safe.
class HttpSession {
 public:
  // The errors of HttpClient::Create. `counters` is not owned.
  static absl::StatusOr<std::unique_ptr<HttpSession>> Create(const HttpClientOptions& options,
                                                             std::unique_ptr<HttpDialect> dialect,
                                                             DatasetCounters* counters);
  ~HttpSession();

  const HttpContext& context() const { return context_; }

 private:
  HttpSession() = default;

  std::unique_ptr<HttpDialect> dialect_;
  TimerQueue timers_;
  std::unique_ptr<HttpClient> client_;
  HttpContext context_;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_SESSION_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_session.h"

#include <utility>

#include "base/errors.h"

namespace larder::remote {

absl::StatusOr<std::unique_ptr<HttpSession>> HttpSession::Create(
    const HttpClientOptions& options, std::unique_ptr<HttpDialect> dialect,
    DatasetCounters* counters) {
  auto session = std::unique_ptr<HttpSession>(new HttpSession());
  LARDER_ASSIGN_OR_RETURN(session->client_, HttpClient::Create(options, counters));
  session->dialect_ = std::move(dialect);
  session->context_ = {session->client_.get(), &session->timers_, session->dialect_.get(),
                       counters};
  return session;
}

HttpSession::~HttpSession() {
  // First the waits for retries, which would start new transfers; then the transfers, whose ends
  // ask the (stopped) queue for a retry once more. The queue itself dies last.
  timers_.Stop();
  client_.reset();
}

}  // namespace larder::remote

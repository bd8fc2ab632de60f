// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_CLIENT_ERRORS_H_
#define LARDER_REMOTE_HTTP_CLIENT_ERRORS_H_

#include <curl/curl.h>

#include "absl/strings/string_view.h"
#include "remote/http_client.h"

namespace larder::remote {

// What libcurl's `code` (not CURLE_OK) for a request to `url` means, in one line that says what to
// do. `detail` is libcurl's own text, may be empty; `os_error` the errno of the connection, or 0.
HttpOutcome ExplainCurlError(CURLcode code, absl::string_view url, absl::string_view detail,
                             int os_error);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_CLIENT_ERRORS_H_

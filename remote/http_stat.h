// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_STAT_H_
#define LARDER_REMOTE_HTTP_STAT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "remote/http_session.h"
#include "remote/object_store.h"

namespace larder::remote {

// What stands at `url` (percent-encoded, no '/' at its end) of a plain HTTP server: a file with its
// version, or a folder. Most often one HEAD; a second or third request where the server redirects
// elsewhere, gives no length, or knows no HEAD. `context` outlives the call. Errors are those of
// ObjectStore::Stat.
std::shared_ptr<Transfer> HttpStat(const HttpContext& context, std::string url,
                                   const RequestOptions& options,
                                   std::function<void(absl::StatusOr<Attributes>)> done);

// Whether a folder answers at `url` (with '/' at its end). InvalidArgument where a file stands at
// the URL without the '/'.
std::shared_ptr<Transfer> HttpStatRoot(const HttpContext& context, std::string url,
                                       const RequestOptions& options,
                                       std::function<void(absl::StatusOr<Attributes>)> done);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_STAT_H_

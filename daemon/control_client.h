// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_CONTROL_CLIENT_H_
#define LARDER_DAEMON_CONTROL_CLIENT_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/control_protocol.h"

namespace larder {

struct CallOptions {
  // Of each line of the answer: a daemon that sends nothing for so long counts as hung.
  absl::Duration timeout = absl::Seconds(5);
  std::function<void(const Json& progress)> on_progress;
};

// Sends one request to the daemon that listens on `socket_path` and waits for its result. Errors:
// the handler's; NotFound (no daemon); DeadlineExceeded, Unavailable (it hangs, it ended); DataLoss
// (it does not speak the protocol).
absl::StatusOr<Json> CallDaemon(const std::string& socket_path, const Json& request,
                                const CallOptions& options = {});

// The socket of the daemon that serves `mountpoint`: in this user's runtime folder, else in root's.
// NotFound: there is none in either. PermissionDenied: it may be in root's, which this user can't
// look into.
absl::StatusOr<std::string> FindSocket(const std::string& mountpoint);

}  // namespace larder

#endif  // LARDER_DAEMON_CONTROL_CLIENT_H_

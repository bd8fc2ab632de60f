// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_MOUNTED_PATHS_H_
#define LARDER_DAEMON_MOUNTED_PATHS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daemon/control_protocol.h"

namespace larder {

// The paths by the mount that each is on, relative to it; symlinks are followed. Errors: what
// realpath(3) says; FailedPrecondition: one is on no larder mount.
absl::StatusOr<std::map<std::string, std::vector<std::string>>> ByMountpoint(
    const std::vector<std::string>& paths);

// A request about paths within a dataset, percent-encoded in it since names need not be UTF-8.
Json PathsRequest(absl::string_view op, const std::vector<std::string>& paths);
// The paths of one. InvalidArgument: it has none, or not in this form.
absl::StatusOr<std::vector<std::string>> PathsIn(const Json& request);

}  // namespace larder

#endif  // LARDER_DAEMON_MOUNTED_PATHS_H_

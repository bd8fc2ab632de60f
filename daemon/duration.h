// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_DURATION_H_
#define LARDER_DAEMON_DURATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace larder {

// "500ms", "30s", "5m", "1.5h", "7d", "infinite". InvalidArgument says what would be right.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);

// For people: "8 s", "3:20", "1:02:03"; "-" for infinite.
std::string FormatSeconds(absl::Duration duration);

}  // namespace larder

#endif  // LARDER_DAEMON_DURATION_H_

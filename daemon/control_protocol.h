// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_CONTROL_PROTOCOL_H_
#define LARDER_DAEMON_CONTROL_PROTOCOL_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

// One JSON object a line, both ways. A connection carries one request and its answer:
//   -> {"op": "status"}
//   <- {"progress": {...}}                      none, or many
//   <- {"ok": true, "result": {...}}            or
//   <- {"ok": false, "code": N, "error": "..."} N: absl::StatusCode
// Bytes that are no UTF-8 (in file names) are percent-encoded where they are asked for, and
// replaced where they are only shown.

namespace larder {

using Json = nlohmann::ordered_json;

std::string ToLine(const Json& json);
// InvalidArgument: no JSON object.
absl::StatusOr<Json> FromLine(absl::string_view line);

// What `object` holds under `key`, where it is of that kind; else the default.
std::string StringIn(const Json& object, absl::string_view key, absl::string_view otherwise = "");
uint64_t NumberIn(const Json& object, absl::string_view key, uint64_t otherwise = 0);

std::string ResultMessage(const Json& result);
std::string ErrorMessage(const absl::Status& status);
std::string ProgressMessage(const Json& progress);

}  // namespace larder

#endif  // LARDER_DAEMON_CONTROL_PROTOCOL_H_

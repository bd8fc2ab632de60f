// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/control_protocol.h"

namespace larder {

std::string ToLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<Json> FromLine(absl::string_view line) {
  Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::InvalidArgumentError("a line that is no JSON object");
  return json;
}

std::string StringIn(const Json& object, absl::string_view key, absl::string_view otherwise) {
  const auto it = object.find(std::string(key));
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string(otherwise);
}

uint64_t NumberIn(const Json& object, absl::string_view key, uint64_t otherwise) {
  const auto it = object.find(std::string(key));
  return it != object.end() && it->is_number() ? it->get<uint64_t>() : otherwise;
}

std::string ResultMessage(const Json& result) { return ToLine({{"ok", true}, {"result", result}}); }

std::string ErrorMessage(const absl::Status& status) {
  return ToLine({{"ok", false},
                 {"code", static_cast<int>(status.code())},
                 {"error", std::string(status.message())}});
}

std::string ProgressMessage(const Json& progress) { return ToLine({{"progress", progress}}); }

}  // namespace larder

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_LOG_H_
#define LARDER_BASE_LOG_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace larder {

// A thin front over spdlog, whose headers are heavy. Thread-safe. One line a message, to
// standard error (which systemd's journal reads). Never pass credentials.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" or "error"; else InvalidArgument. Called once, before threads start.
absl::Status SetLogLevel(absl::string_view name);

void Log(LogLevel level, absl::string_view message);

inline void LogDebug(absl::string_view message) { Log(LogLevel::kDebug, message); }
inline void LogInfo(absl::string_view message) { Log(LogLevel::kInfo, message); }
inline void LogWarning(absl::string_view message) { Log(LogLevel::kWarning, message); }
inline void LogError(absl::string_view message) { Log(LogLevel::kError, message); }

}  // namespace larder

#endif  // LARDER_BASE_LOG_H_

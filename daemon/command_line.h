// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_COMMAND_LINE_H_
#define LARDER_DAEMON_COMMAND_LINE_H_

namespace larder {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

// The program: parses, runs the command, says what went wrong in one line on standard error. The
// exit status.
int RunCommandLine(int argc, const char* const* argv);

}  // namespace larder

#endif  // LARDER_DAEMON_COMMAND_LINE_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_CHILD_PROCESS_H_
#define LARDER_TESTS_TESTING_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace larder::testing {

struct Command {
  std::vector<std::string> arguments;  // the first is the program, looked for in PATH
  std::vector<std::string>
      environment;    // "NAME=value"; besides these a child sees PATH and HOME only
  std::string input;  // its standard input
};

// A server that a test runs. It gets SIGTERM in the destructor, SIGKILL after kPatience, and
// SIGKILL when the test itself dies. Not thread-safe. (A child dies with the thread that started
// it.)
class ChildProcess {
 public:
  // Its output goes to the file `log_path`. NotFound: no such program.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const Command& command,
                                                             const std::string& log_path);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool IsRunning();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;  // 0 once it was waited for
};

// Runs it to its end: its standard output. NotFound: no such program. Internal: another exit status
// than 0, with what it wrote to its standard error.
absl::StatusOr<std::string> RunCommand(const Command& command);

// A TCP port of 127.0.0.1 that nothing listens on just now.
int FreeLoopbackPort();

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_CHILD_PROCESS_H_

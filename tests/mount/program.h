// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_MOUNT_PROGRAM_H_
#define LARDER_TESTS_MOUNT_PROGRAM_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/testing/temp_dir.h"

namespace larder::testing {

// How a program ended and what it wrote.
struct Ended {
  int exit_status = 0;  // 128 + the signal's number where one ended it
  std::string output;
  std::string errors;
};

// A program under test, with its output in files. It gets SIGKILL in the destructor if it still
// runs. Not thread-safe.
class Program {
 public:
  // `environment` ("NAME=value") is added to this process's.
  Program(const std::vector<std::string>& arguments,
          const std::vector<std::string>& environment = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int number) const;
  // nullopt: it still runs after `patience`.
  std::optional<Ended> Wait(absl::Duration patience = absl::Seconds(60));
  // What it has written to standard error so far.
  std::string Errors() const;

 private:
  TempDir folder_;
  pid_t pid_ = 0;
  std::optional<Ended> ended_;
};

// Runs one to its end; a program that does not end fails the test and is killed.
Ended RunToEnd(const std::vector<std::string>& arguments,
               const std::vector<std::string>& environment = {});

}  // namespace larder::testing

#endif  // LARDER_TESTS_MOUNT_PROGRAM_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/mount/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

extern char** environ;

namespace larder::testing {
namespace {

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment) {
  std::vector<std::string> argument_texts = arguments;
  // The first of a name counts.
  std::vector<std::string> environment_texts = environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment_texts.emplace_back(*variable);
  }
  const std::string output = folder_.path() + "/output";
  const std::string errors = folder_.path() + "/errors";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT,
                                   0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT,
                                   0600);
  const int error =
      posix_spawnp(&pid_, argument_texts[0].c_str(), &actions, nullptr,
                   Pointers(argument_texts).data(), Pointers(environment_texts).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    ADD_FAILURE() << arguments[0] << ": " << strerror(error);
    ended_ = Ended{.exit_status = 127};
  }
}

Program::~Program() {
  if (ended_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Program::Signal(int number) const { EXPECT_EQ(kill(pid_, number), 0) << strerror(errno); }

std::optional<Ended> Program::Wait(absl::Duration patience) {
  if (ended_) return ended_;
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  EXPECT_GE(process, 0) << strerror(errno);
  pollfd polled = {process, POLLIN, 0};
  const int ready = poll(&polled, 1, static_cast<int>(absl::ToInt64Milliseconds(patience)));
  close(process);
  if (ready <= 0) return std::nullopt;
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = Ended{.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                 .output = ReadText(folder_.path() + "/output"),
                 .errors = Errors()};
  return ended_;
}

std::string Program::Errors() const { return ReadText(folder_.path() + "/errors"); }

Ended RunToEnd(const std::vector<std::string>& arguments,
               const std::vector<std::string>& environment) {
  Program program(arguments, environment);
  if (const std::optional<Ended> ended = program.Wait()) return *ended;
  ADD_FAILURE() << arguments[0] << " " << (arguments.size() > 1 ? arguments[1] : "")
                << " does not end; it wrote: " << program.Errors();
  return {.exit_status = -1};
}

}  // namespace larder::testing

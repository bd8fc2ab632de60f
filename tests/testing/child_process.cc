// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/errors.h"
#include "base/file.h"

namespace larder::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(5);

std::string Getenv(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  if (absl::StrContains(name, '/')) {
    if (::access(name.c_str(), X_OK) == 0) return name;
    return absl::NotFoundError(absl::StrCat(name, " is not there"));
  }
  for (absl::string_view folder : absl::StrSplit(Getenv("PATH"), ':')) {
    std::string path = absl::StrCat(folder, "/", name);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return absl::NotFoundError(absl::StrCat(name, " is not in PATH"));
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

struct Standard {
  int in, out, err;
};

absl::StatusOr<pid_t> Spawn(const Command& command, Standard standard) {
  // All that allocates comes before the fork: other threads may hold the allocator's locks.
  LARDER_ASSIGN_OR_RETURN(const std::string program, FindProgram(command.arguments.at(0)));
  std::vector<std::string> environment = command.environment;
  environment.push_back("PATH=" + Getenv("PATH"));
  environment.push_back("HOME=" + Getenv("HOME"));
  const std::vector<char*> argv = Pointers(command.arguments);
  const std::vector<char*> envp = Pointers(environment);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return ErrnoError(errno, "fork");
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::dup2(standard.in, 0);
  ::dup2(standard.out, 1);
  ::dup2(standard.err, 2);
  ::execve(program.c_str(), argv.data(), envp.data());
  ::_exit(127);
}

// A file without a name: RunCommand needs no threads to feed and drain pipes.
absl::StatusOr<File> ScratchFile() {
  return File::Open(std::filesystem::temp_directory_path().string(), O_TMPFILE | O_RDWR);
}

absl::StatusOr<std::string> Content(const File& file) {
  LARDER_ASSIGN_OR_RETURN(const uint64_t size, file.Size());
  std::string content(size, '\0');
  LARDER_RETURN_IF_ERROR(file.ReadAt(0, content).status());
  return content;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const Command& command,
                                                                  const std::string& log_path) {
  LARDER_ASSIGN_OR_RETURN(const File log, File::Open(log_path, O_WRONLY | O_CREAT | O_TRUNC));
  LARDER_ASSIGN_OR_RETURN(const File null, File::Open("/dev/null", O_RDONLY));
  LARDER_ASSIGN_OR_RETURN(const pid_t pid, Spawn(command, {null.fd(), log.fd(), log.fd()}));
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

bool ChildProcess::IsRunning() {
  if (pid_ == 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = 0;
  return false;
}

ChildProcess::~ChildProcess() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  const absl::Time deadline = absl::Now() + kPatience;
  while (IsRunning()) {
    if (absl::Now() > deadline) ::kill(pid_, SIGKILL);
    absl::SleepFor(absl::Milliseconds(5));
  }
}

absl::StatusOr<std::string> RunCommand(const Command& command) {
  LARDER_ASSIGN_OR_RETURN(const File in, ScratchFile());
  LARDER_ASSIGN_OR_RETURN(const File out, ScratchFile());
  LARDER_ASSIGN_OR_RETURN(const File err, ScratchFile());
  LARDER_RETURN_IF_ERROR(in.WriteAt(0, command.input));
  LARDER_ASSIGN_OR_RETURN(const pid_t pid, Spawn(command, {in.fd(), out.fd(), err.fd()}));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Content(out);
  LARDER_ASSIGN_OR_RETURN(const std::string said, Content(err));
  return absl::InternalError(absl::StrCat(absl::StrJoin(command.arguments, " "),
                                          " ended with status ", status, ": ", said));
}

int FreeLoopbackPort() {
  const File socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 0;
  }
  return ntohs(address.sin_port);
}

}  // namespace larder::testing

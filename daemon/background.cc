// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/background.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"

namespace larder {
namespace {

absl::Status OpenLog(const std::string& path) {
  LARDER_ASSIGN_OR_RETURN(const File log,
                          File::Open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW));
  if (dup2(log.fd(), STDERR_FILENO) < 0) return ErrnoError(errno, path);
  return absl::OkStatus();
}

void BecomeDaemon(const std::string& log_path) {
  setsid();
  // Not in the way of an unmount of where it was started.
  if (chdir("/") != 0) return;
  const absl::StatusOr<File> null = File::Open("/dev/null", O_RDWR);
  if (null.ok()) {
    dup2(null->fd(), STDIN_FILENO);
    dup2(null->fd(), STDOUT_FILENO);
    if (!OpenLog(log_path).ok()) dup2(null->fd(), STDERR_FILENO);
  }
}

}  // namespace

absl::StatusOr<Background> Background::Fork(const std::string& log_path) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoError(errno, "pipe");
  File reading(ends[0], "pipe");
  File writing(ends[1], "pipe");
  const pid_t child = fork();
  if (child < 0) return ErrnoError(errno, "fork");
  if (child > 0) return Background(Side::kParent, std::move(reading), child, log_path);
  reading = File();
  BecomeDaemon(log_path);
  return Background(Side::kDaemon, std::move(writing), 0, log_path);
}

absl::Status Background::WaitForDaemon() {
  // The code in one byte, then the message; the end of the pipe is the end of it.
  std::string report;
  char bytes[4096];
  for (;;) {
    const ssize_t count = read(pipe_.fd(), bytes, sizeof(bytes));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    report.append(bytes, static_cast<size_t>(count));
  }
  if (!report.empty()) {
    return absl::Status(static_cast<absl::StatusCode>(report.front()), report.substr(1));
  }
  int status = 0;
  waitpid(child_, &status, 0);
  return absl::InternalError(absl::StrCat("the daemon ended before it was ready (",
                                          WIFSIGNALED(status)
                                              ? absl::StrCat("signal ", WTERMSIG(status))
                                              : absl::StrCat("exit status ", WEXITSTATUS(status)),
                                          "); its log is ", log_path_));
}

bool Background::Report(const absl::Status& status) {
  const std::string report =
      absl::StrCat(std::string(1, static_cast<char>(status.code())), status.message());
  for (size_t sent = 0; sent < report.size();) {
    const ssize_t count = write(pipe_.fd(), report.data() + sent, report.size() - sent);
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) sent += static_cast<size_t>(count);
  }
  pipe_ = File();
  return true;
}

void Background::RotateLog() const {
  struct stat st;
  if (fstat(STDERR_FILENO, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < kLogBytes) return;
  if (rename(log_path_.c_str(), (log_path_ + ".old").c_str()) == 0) (void)OpenLog(log_path_);
}

}  // namespace larder

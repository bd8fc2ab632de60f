// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_BACKGROUND_H_
#define LARDER_DAEMON_BACKGROUND_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"

namespace larder {

// A daemon in the background: its parent waits until it is ready, or fails with its one line of
// reason. Its standard error goes to a log file, since a syslog need not run (containers); under
// systemd it stays in the foreground and the journal has it.
class Background {
 public:
  enum class Side { kParent, kDaemon };

  // Forks; call before any thread is started. In the child: a session of its own, standard input
  // and output to /dev/null, standard error to `log_path`.
  static absl::StatusOr<Background> Fork(const std::string& log_path);

  Side side() const { return side_; }

  // In the parent. Waits: OK when the daemon is ready, else its failure.
  absl::Status WaitForDaemon();
  // In the daemon, once: it is ready, or this is why it ends. False: the parent was killed, and
  // nobody waits for the mount.
  bool Report(const absl::Status& status);
  // In the daemon, now and then: begins a new log when this one has grown beyond kLogBytes, and
  // keeps the one before as LOG.old.
  void RotateLog() const;

 private:
  static constexpr int64_t kLogBytes = 4 << 20;

  Background(Side side, File pipe, pid_t child, std::string log_path)
      : side_(side), pipe_(std::move(pipe)), child_(child), log_path_(std::move(log_path)) {}

  Side side_;
  File pipe_;
  pid_t child_;
  std::string log_path_;
};

}  // namespace larder

#endif  // LARDER_DAEMON_BACKGROUND_H_

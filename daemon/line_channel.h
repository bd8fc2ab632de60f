// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_LINE_CHANNEL_H_
#define LARDER_DAEMON_LINE_CHANNEL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/file.h"

namespace larder {

// Lines over a stream socket, each with a limit on its length and on how long it may take. Not
// thread-safe, but for Shutdown.
class LineChannel {
 public:
  static constexpr size_t kMaxLineBytes = 1 << 20;

  explicit LineChannel(File socket) : socket_(std::move(socket)) {}

  // The next line without its end. OutOfRange: the other side has closed. DeadlineExceeded,
  // ResourceExhausted (too long), Unavailable (the connection broke).
  absl::StatusOr<std::string> Read(absl::Duration timeout);
  // `line` holds no newline. DeadlineExceeded: the other side does not read. Unavailable: it is
  // gone.
  absl::Status Write(absl::string_view line, absl::Duration timeout);
  // Whether the other side has hung up.
  bool IsClosed() const;
  // Ends waits of other threads in Read and Write.
  void Shutdown() const;

  int fd() const { return socket_.fd(); }

 private:
  File socket_;
  std::string buffer_;  // came, not yet given out
};

}  // namespace larder

#endif  // LARDER_DAEMON_LINE_CHANNEL_H_

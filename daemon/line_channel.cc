// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/line_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/errors.h"

namespace larder {
namespace {

absl::Status WaitFor(int fd, short events, absl::Time deadline) {
  for (;;) {
    const int64_t left_ms =
        std::clamp<int64_t>(absl::ToInt64Milliseconds(deadline - absl::Now()), 0, 1 << 30);
    pollfd polled = {fd, events, 0};
    const int ready = poll(&polled, 1, static_cast<int>(left_ms));
    if (ready > 0) return absl::OkStatus();
    if (ready == 0) return absl::DeadlineExceededError("no answer in time");
    if (errno != EINTR) return ErrnoError(errno, "poll");
  }
}

absl::Status Broken() {
  return absl::UnavailableError(
      absl::StrCat("the connection broke: ", ErrnoError(errno, "socket").message()));
}

}  // namespace

absl::StatusOr<std::string> LineChannel::Read(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  size_t searched = 0;
  for (;;) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    searched = buffer_.size();
    if (buffer_.size() > kMaxLineBytes) return absl::ResourceExhaustedError("the line is too long");
    LARDER_RETURN_IF_ERROR(WaitFor(socket_.fd(), POLLIN, deadline));
    char bytes[16384];
    const ssize_t count = recv(socket_.fd(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count == 0) return absl::OutOfRangeError("the other side has closed the connection");
    if (count > 0) {
      buffer_.append(bytes, static_cast<size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
      return Broken();
    }
  }
}

absl::Status LineChannel::Write(absl::string_view line, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  const std::string text = absl::StrCat(line, "\n");
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count =
        send(socket_.fd(), text.data() + sent, text.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      LARDER_RETURN_IF_ERROR(WaitFor(socket_.fd(), POLLOUT, deadline));
    } else if (errno != EINTR) {
      return Broken();
    }
  }
  return absl::OkStatus();
}

bool LineChannel::IsClosed() const {
  pollfd polled = {socket_.fd(), POLLIN | POLLRDHUP, 0};
  if (poll(&polled, 1, 0) <= 0) return false;
  return (polled.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void LineChannel::Shutdown() const { shutdown(socket_.fd(), SHUT_RDWR); }

}  // namespace larder

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/lying_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace larder::testing {

std::string LyingServer::Request::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::optional<ByteRange> LyingServer::Request::range() const {
  const std::string value = Header("range");
  absl::string_view rest = value;
  uint64_t first;
  uint64_t last;
  if (!absl::ConsumePrefix(&rest, "bytes=")) return std::nullopt;
  const std::vector<absl::string_view> ends = absl::StrSplit(rest, '-');
  if (ends.size() != 2 || !absl::SimpleAtoi(ends[0], &first) || !absl::SimpleAtoi(ends[1], &last)) {
    return std::nullopt;
  }
  return ByteRange::FromTo(first, last + 1);
}

void LyingServer::Answer::Raw(absl::string_view bytes) {
  while (!bytes.empty() && !closed_) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      closed_ = true;
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void LyingServer::Answer::Send(int status, const std::vector<std::string>& headers,
                               absl::string_view body) {
  std::string text = absl::StrCat("HTTP/1.1 ", status, " Whatever\r\n");
  bool has_length = false;
  for (const std::string& header : headers) {
    absl::StrAppend(&text, header, "\r\n");
    if (absl::StartsWithIgnoreCase(header, "content-length:")) has_length = true;
  }
  if (!has_length) absl::StrAppend(&text, "Content-Length: ", body.size(), "\r\n");
  absl::StrAppend(&text, "\r\n", head_ ? "" : body);
  Raw(text);
}

void LyingServer::Answer::Close() {
  ::shutdown(socket_, SHUT_RDWR);
  closed_ = true;
}

void LyingServer::Answer::Reset() {
  const linger now = {.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  closed_ = true;
}

void LyingServer::Answer::Stall() {
  // The server's end shuts the socket down, which ends this too.
  pollfd gone = {.fd = socket_, .events = POLLRDHUP, .revents = 0};
  while (::poll(&gone, 1, -1) < 0 && errno == EINTR) {
  }
  closed_ = true;
}

LyingServer::LyingServer(Handler handler)
    : handler_(std::move(handler)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "listener") {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(listener_.fd(), reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_.fd(), 128);
  ::getsockname(listener_.fd(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

LyingServer::~LyingServer() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(&mutex_);
    ending_ = true;
  }
  ::shutdown(listener_.fd(), SHUT_RDWR);
  acceptor_.join();
  {
    MutexLock lock(&mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    threads = std::move(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

std::string LyingServer::url(absl::string_view host) const {
  return absl::StrCat("http://", host, ":", port_);
}

std::vector<LyingServer::Request> LyingServer::requests() const {
  MutexLock lock(&mutex_);
  return requests_;
}

int LyingServer::connections() const {
  MutexLock lock(&mutex_);
  return static_cast<int>(threads_.size());
}

void LyingServer::Accept() {
  while (true) {
    const int socket = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    MutexLock lock(&mutex_);
    if (ending_) {
      if (socket >= 0) ::close(socket);
      return;
    }
    if (socket < 0) continue;
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { Serve(socket); });
  }
}

bool LyingServer::ReadRequest(int socket, std::string* pending, Request* request) {
  size_t end;
  while ((end = pending->find("\r\n\r\n")) == std::string::npos) {
    char buffer[16 << 10];
    const ssize_t count = ::recv(socket, buffer, sizeof(buffer), 0);
    if (count <= 0) return false;
    pending->append(buffer, static_cast<size_t>(count));
  }
  const std::vector<std::string> lines = absl::StrSplit(pending->substr(0, end), "\r\n");
  pending->erase(0, end + 4);
  const std::vector<std::string> words = absl::StrSplit(lines[0], ' ');
  if (words.size() != 3) return false;
  *request = {words[0], words[1], {}};
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t colon = lines[i].find(':');
    if (colon == std::string::npos) return false;
    request->headers[absl::AsciiStrToLower(lines[i].substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(lines[i].substr(colon + 1)));
  }
  return true;
}

void LyingServer::Serve(int socket) {
  std::string pending;
  Request request;
  while (ReadRequest(socket, &pending, &request)) {
    int nth;
    {
      MutexLock lock(&mutex_);
      nth = static_cast<int>(requests_.size());
      requests_.push_back(request);
    }
    Answer answer(socket, request.method == "HEAD");
    handler_(request, nth, answer);
    if (answer.closed_) break;
  }
  MutexLock lock(&mutex_);
  sockets_.erase(std::find(sockets_.begin(), sockets_.end(), socket));
  ::close(socket);
}

void AnswerTruthfully(const LyingServer::Request& request, absl::string_view body,
                      const std::vector<std::string>& headers, LyingServer::Answer& answer) {
  const std::optional<ByteRange> asked = request.range();
  if (!asked.has_value()) return answer.Send(200, headers, body);
  const ByteRange range = asked->ClampTo(body.size());
  std::vector<std::string> with_range = headers;
  with_range.push_back(
      absl::StrCat("Content-Range: bytes ", range.offset, "-", range.end() - 1, "/", body.size()));
  answer.Send(206, with_range, body.substr(range.offset, range.length));
}

}  // namespace larder::testing

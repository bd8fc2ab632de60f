// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/listening.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"

namespace larder::testing {
namespace {

bool IsListening(int port) {
  const File socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace

absl::Status WaitUntilListening(int port, ChildProcess& process, const std::string& log_path) {
  const absl::Time give_up = absl::Now() + absl::Minutes(1);
  while (!IsListening(port)) {
    if (!process.IsRunning() || absl::Now() > give_up) {
      return absl::InternalError(
          absl::StrCat("the server does not listen on port ", port,
                       "; it said: ", ReadFileToString(log_path).value_or("nothing")));
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  return absl::OkStatus();
}

}  // namespace larder::testing

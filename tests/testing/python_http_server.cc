// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/python_http_server.h"

#include "base/errors.h"
#include "tests/testing/listening.h"

namespace larder::testing {

absl::StatusOr<std::unique_ptr<PythonHttpServer>> PythonHttpServer::Start(const std::string& root) {
  auto server = std::unique_ptr<PythonHttpServer>(new PythonHttpServer());
  server->port_ = FreeLoopbackPort();
  const std::string log = server->folder_.path() + "/output.log";
  LARDER_ASSIGN_OR_RETURN(server->process_,
                          ChildProcess::Start({.arguments = {"python3", "-m", "http.server",
                                                             absl::StrCat(server->port_), "--bind",
                                                             "127.0.0.1", "--directory", root}},
                                              log));
  LARDER_RETURN_IF_ERROR(WaitUntilListening(server->port_, *server->process_, log));
  return server;
}

}  // namespace larder::testing

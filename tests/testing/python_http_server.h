// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_PYTHON_HTTP_SERVER_H_
#define LARDER_TESTS_TESTING_PYTHON_HTTP_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tests/testing/child_process.h"
#include "tests/testing/temp_dir.h"

namespace larder::testing {

// `python3 -m http.server` over a folder, on a free loopback port: no ranges, no ETags, names only
// in listings. Not thread-safe.
class PythonHttpServer {
 public:
  // Answers requests when it returns.
  static absl::StatusOr<std::unique_ptr<PythonHttpServer>> Start(const std::string& root);

  // http://127.0.0.1:PORT, no '/' at its end.
  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_); }
  int port() const { return port_; }
  // Stops answering: the port refuses connections.
  void Stop() { process_ = nullptr; }

 private:
  PythonHttpServer() = default;

  TempDir folder_;  // of its log
  int port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_PYTHON_HTTP_SERVER_H_

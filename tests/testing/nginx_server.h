// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_NGINX_SERVER_H_
#define LARDER_TESTS_TESTING_NGINX_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/child_process.h"
#include "tests/testing/temp_dir.h"

namespace larder::testing {

enum class NginxListing { kOff, kHtml, kJson };

struct NginxOptions {
  std::string root;  // the folder that it serves
  NginxListing listing = NginxListing::kJson;
  std::string certificate;  // PEM files: https
  std::string private_key;
  std::string user;  // not empty: basic authentication for everything
  std::string password;
  std::string directives;  // more lines for nginx's `server` block
};

// A real nginx that serves a folder on a free loopback port. Not thread-safe.
class NginxServer {
 public:
  // Why there is none on this machine; "" if Start should work.
  static std::string Unavailable();

  // Answers requests when it returns.
  static absl::StatusOr<std::unique_ptr<NginxServer>> Start(const NginxOptions& options);

  // http(s)://127.0.0.1:PORT, no '/' at its end.
  std::string url() const;
  int port() const { return port_; }

  // Stops answering: the port refuses connections. StartAgain: on the same port.
  void Stop() { process_ = nullptr; }
  absl::Status StartAgain();

  // Every request that has been answered, oldest first: "GET /path 206 BYTES RANGE" ("-" without a
  // Range header). An answer is logged when it has been sent, which may be after the client has it.
  std::vector<std::string> AccessLog() const;

 private:
  NginxServer() = default;
  std::string Configuration(const NginxOptions& options) const;

  TempDir folder_;
  bool tls_ = false;
  int port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_NGINX_SERVER_H_

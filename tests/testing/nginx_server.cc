// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/nginx_server.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/errors.h"
#include "base/file.h"
#include "tests/testing/listening.h"

namespace larder::testing {
namespace {

// Debian puts it where an ordinary user's PATH does not reach.
constexpr char kProgram[] = "/usr/sbin/nginx";

// One process, which dies with the test, and which needs no privileges.
constexpr char kConfiguration[] = R"(
daemon off;
master_process off;
pid FOLDER/pid;
error_log FOLDER/error.log warn;
events { worker_connections 1024; }
http {
  types { text/html html; }
  default_type application/octet-stream;
  log_format plain '$request_method $request_uri $status $body_bytes_sent $http_range';
  access_log FOLDER/access.log plain;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 60;
  keepalive_requests 1000000;
  client_body_temp_path FOLDER/temporary;
  proxy_temp_path FOLDER/temporary;
  fastcgi_temp_path FOLDER/temporary;
  uwsgi_temp_path FOLDER/temporary;
  scgi_temp_path FOLDER/temporary;
  server {
    listen 127.0.0.1:PORT TLS;
    root "ROOT";
    AUTOINDEX
    AUTHENTICATION
    DIRECTIVES
  }
}
)";

std::string Listing(NginxListing listing) {
  switch (listing) {
    case NginxListing::kOff:
      return "autoindex off;";
    case NginxListing::kHtml:
      return "autoindex on;";
    case NginxListing::kJson:
      return "autoindex on; autoindex_format json;";
  }
  return "";
}

}  // namespace

std::string NginxServer::Unavailable() {
  return ::access(kProgram, X_OK) == 0 ? ""
                                       : "nginx is not installed (apt-get install nginx-light)";
}

std::string NginxServer::Configuration(const NginxOptions& options) const {
  std::string tls;
  std::string authentication;
  std::string directives = options.directives;
  if (!options.certificate.empty()) {
    tls = "ssl";
    absl::StrAppend(&directives, "\nssl_certificate \"", options.certificate,
                    "\";\nssl_certificate_key \"", options.private_key, "\";");
  }
  if (!options.user.empty()) {
    authentication =
        absl::StrCat("auth_basic larder; auth_basic_user_file ", folder_.path(), "/users;");
  }
  return absl::StrReplaceAll(kConfiguration, {{"FOLDER", folder_.path()},
                                              {"PORT", absl::StrCat(port_)},
                                              {"TLS", tls},
                                              {"ROOT", options.root},
                                              {"AUTOINDEX", Listing(options.listing)},
                                              {"AUTHENTICATION", authentication},
                                              {"DIRECTIVES", directives}});
}

absl::StatusOr<std::unique_ptr<NginxServer>> NginxServer::Start(const NginxOptions& options) {
  auto server = std::unique_ptr<NginxServer>(new NginxServer());
  server->port_ = FreeLoopbackPort();
  server->tls_ = !options.certificate.empty();
  const std::string& folder = server->folder_.path();
  LARDER_RETURN_IF_ERROR(
      WriteFileAtomically(folder + "/nginx.conf", server->Configuration(options)));
  if (!options.user.empty()) {
    LARDER_RETURN_IF_ERROR(WriteFileAtomically(
        folder + "/users", absl::StrCat(options.user, ":{PLAIN}", options.password, "\n")));
  }
  LARDER_RETURN_IF_ERROR(server->StartAgain());
  return server;
}

absl::Status NginxServer::StartAgain() {
  const std::string log = folder_.path() + "/output.log";
  LARDER_ASSIGN_OR_RETURN(
      process_, ChildProcess::Start({.arguments = {kProgram, "-e", folder_.path() + "/error.log",
                                                   "-c", folder_.path() + "/nginx.conf"}},
                                    log));
  return WaitUntilListening(port_, *process_, log);
}

std::string NginxServer::url() const {
  return absl::StrCat(tls_ ? "https" : "http", "://127.0.0.1:", port_);
}

std::vector<std::string> NginxServer::AccessLog() const {
  const std::string text = ReadFileToString(folder_.path() + "/access.log", 64 << 20).value_or("");
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

}  // namespace larder::testing

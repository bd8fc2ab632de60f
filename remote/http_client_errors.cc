// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_client_errors.h"

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

std::string HostOf(absl::string_view url) {
  auto parsed = ParseUrl(url);
  return parsed.ok() ? parsed->Authority() : std::string(url);
}

}  // namespace

HttpOutcome ExplainCurlError(CURLcode code, absl::string_view url, absl::string_view detail,
                             int os_error) {
  const std::string shown = UrlForPeople(url);
  const std::string host = HostOf(url);
  std::string cause(detail.empty() ? absl::string_view(curl_easy_strerror(code)) : detail);
  if (os_error != 0) cause = std::strerror(os_error);
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return {absl::InvalidArgumentError(
                  absl::StrCat(shown, ": not a URL that can be used (", cause, ")")),
              false};
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
      return {absl::InvalidArgumentError(
                  absl::StrCat("--ca-bundle: not a PEM file of certificates (", cause, ")")),
              false};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {absl::UnavailableError(
                  absl::StrCat(shown, ": can't resolve the proxy's name (", cause,
                               "): check http_proxy and https_proxy in the environment")),
              true};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {absl::UnavailableError(absl::StrCat(shown, ": can't resolve the host name ", host,
                                                  ": check its spelling and this machine's DNS")),
              true};
    case CURLE_COULDNT_CONNECT:
      return {absl::UnavailableError(absl::StrCat(shown, ": can't connect to ", host, " (", cause,
                                                  "): check that the server runs, and the port")),
              true};
    case CURLE_OPERATION_TIMEDOUT:
      return {absl::DeadlineExceededError(
                  absl::StrCat(shown, ": no connection to ", host,
                               " within the time limit: check the network and firewalls")),
              true};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return {absl::UnavailableError(absl::StrCat(
                  shown, ": the certificate of ", host, " is not trusted (", cause,
                  "): if a CA of your own signed it, name that CA's PEM file with --ca-bundle")),
              false};
    case CURLE_SSL_CONNECT_ERROR:
      return {absl::UnavailableError(absl::StrCat(shown, ": TLS with ", host, " failed (", cause,
                                                  "): check that this port speaks https")),
              true};
    case CURLE_PARTIAL_FILE:
      return {absl::DataLossError(
                  absl::StrCat(shown, ": the body was shorter than promised (", cause, ")")),
              true};
    case CURLE_UNSUPPORTED_PROTOCOL:  // "HTTP/0.9": an answer without a head; the URL's scheme is
                                      // checked before
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
      return {absl::DataLossError(
                  absl::StrCat(shown, ": the answer is no HTTP (", cause, "): check the port")),
              false};
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return {absl::UnavailableError(absl::StrCat(shown, ": the connection was cut (", cause, ")")),
              true};
    case CURLE_OUT_OF_MEMORY:
      return {absl::ResourceExhaustedError(absl::StrCat(shown, ": out of memory")), false};
    default:
      return {absl::UnavailableError(absl::StrCat(shown, ": ", cause)), true};
  }
}

}  // namespace larder::remote

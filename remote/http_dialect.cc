// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_dialect.h"

#include "absl/strings/str_cat.h"
#include "remote/retry.h"
#include "remote/url.h"

namespace larder::remote {

HttpRefusal HttpDialect::Explain(const HttpHead& head, absl::string_view) {
  return ExplainHttpError(head);
}

HttpRefusal ExplainHttpError(const HttpHead& head) {
  const std::string url = UrlForPeople(head.url);
  const int status = head.status;
  switch (status) {
    case 401:
      return {absl::UnauthenticatedError(absl::StrCat(
          url,
          ": the server wants credentials (401): give them with --netrc-file or --header-file"))};
    case 403:
      return {absl::PermissionDeniedError(absl::StrCat(
          url, ": the server refuses access (403): check its permissions and your credentials"))};
    case 404:
    case 410:
      return {absl::NotFoundError(absl::StrCat(url, ": no such object (", status, ")"))};
    case 405:
    case 501:
      return {absl::UnimplementedError(
          absl::StrCat(url, ": the server does not do this kind of request (", status, ")"))};
    case 407:
      return {absl::UnauthenticatedError(absl::StrCat(
          url, ": the proxy wants credentials (407): put them into http_proxy or https_proxy"))};
    case 412:
      return {absl::FailedPreconditionError(
          absl::StrCat(url, ": is no longer the version that was opened (412)"))};
    case 416:
      return {absl::FailedPreconditionError(
          absl::StrCat(url, ": is shorter than the version that was opened (416)"))};
    default:
      break;
  }
  if (IsRetryableHttpStatus(status)) {
    return {absl::UnavailableError(
                absl::StrCat(url, ": the server can't answer now (HTTP status ", status, ")")),
            true};
  }
  return {absl::UnavailableError(
      absl::StrCat(url, ": the server answered with HTTP status ", status, ": check the URL"))};
}

}  // namespace larder::remote

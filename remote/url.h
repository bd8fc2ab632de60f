// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_URL_H_
#define LARDER_REMOTE_URL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace larder::remote {

// An http or https URL in parts. `path` and `query` stay percent-encoded; path starts with '/'. A
// value type.
struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; IPv6 in brackets
  uint16_t port = 0;   // the scheme's own where the URL names none
  std::string path = "/";
  std::string query;  // without '?'

  bool has_default_port() const { return port == (scheme == "https" ? 443 : 80); }
  // host[:port], the port left out where it is the scheme's own: what the Host header says.
  std::string Authority() const;
  // scheme://host[:port]
  std::string Origin() const;
  std::string ToString() const;
};

// InvalidArgument says what is wrong with it; a URL with a user or password is refused (and not
// repeated in the message).
absl::StatusOr<Url> ParseUrl(absl::string_view text);

// What `reference` (a Location header: a whole URL, a path, a relative path) means where it stands
// in the answer to `base`. The errors of ParseUrl.
absl::StatusOr<Url> ResolveUrl(absl::string_view base, absl::string_view reference);

// `url` without user, password, query and fragment, any of which may hold secrets: for messages.
std::string UrlForPeople(absl::string_view url);

// All bytes but RFC 3986's unreserved ones (letters, digits, - . _ ~) become %XX; with
// `keep_slashes` '/' stays too.
std::string PercentEncode(absl::string_view bytes, bool keep_slashes = true);
// nullopt for a '%' without two hex digits.
std::optional<std::string> PercentDecode(absl::string_view text);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_URL_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/errors.h"

namespace larder::remote {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

// A name or an IPv4 address, or an IPv6 address in brackets.
bool IsHost(absl::string_view host) {
  if (absl::ConsumePrefix(&host, "[")) {
    return absl::ConsumeSuffix(&host, "]") && !host.empty() &&
           std::all_of(host.begin(), host.end(),
                       [](char c) { return IsUnreserved(c) || c == ':'; });
  }
  return std::all_of(host.begin(), host.end(), [](char c) {
    return IsUnreserved(c) || static_cast<unsigned char>(c) >= 0x80;
  });
}

// Splits host[:port]; a host of IPv6 stands in brackets.
absl::Status ParseAuthority(absl::string_view authority, Url* url) {
  size_t host_end = authority.size();
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon != absl::string_view::npos && (bracket == absl::string_view::npos || colon > bracket)) {
    host_end = colon;
    const absl::string_view digits = authority.substr(colon + 1);
    uint32_t port = 0;
    if (!digits.empty() && (!absl::ascii_isdigit(static_cast<unsigned char>(digits[0])) ||
                            !absl::SimpleAtoi(digits, &port) || port == 0 || port > 65535)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the port '", digits, "' is not a number from 1 to 65535"));
    }
    if (port != 0) url->port = static_cast<uint16_t>(port);
  }
  const absl::string_view host = authority.substr(0, host_end);
  if (host.empty()) return absl::InvalidArgumentError("the URL has no host");
  if (!IsHost(host))
    return absl::InvalidArgumentError(absl::StrCat("'", host, "' is not a host name"));
  url->host = absl::AsciiStrToLower(host);
  return absl::OkStatus();
}

}  // namespace

std::string Url::Authority() const {
  return has_default_port() ? host : absl::StrCat(host, ":", port);
}

std::string Url::Origin() const { return absl::StrCat(scheme, "://", Authority()); }

std::string Url::ToString() const {
  return absl::StrCat(Origin(), path, query.empty() ? "" : "?", query);
}

absl::StatusOr<Url> ParseUrl(absl::string_view text) {
  Url url;
  const size_t colon = text.find("://");
  url.scheme = absl::AsciiStrToLower(text.substr(0, std::min(colon, text.size())));
  if (colon == absl::string_view::npos || (url.scheme != "http" && url.scheme != "https")) {
    return absl::InvalidArgumentError("not an http:// or https:// URL");
  }
  url.port = url.scheme == "https" ? 443 : 80;
  absl::string_view rest = text.substr(colon + 3);
  const size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const absl::string_view authority = rest.substr(0, authority_end);
  if (authority.find('@') != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        "the URL holds a user name or password, which would show in process lists and logs: put "
        "them into a file "
        "and name it with --netrc-file");
  }
  LARDER_RETURN_IF_ERROR(ParseAuthority(authority, &url));
  rest.remove_prefix(authority_end);
  rest = rest.substr(0, rest.find('#'));
  const size_t question = rest.find('?');
  if (question != absl::string_view::npos) url.query = std::string(rest.substr(question + 1));
  url.path = std::string(rest.substr(0, question));
  if (url.path.empty()) url.path = "/";
  const bool clean = std::all_of(rest.begin(), rest.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
  });
  if (!clean) {
    return absl::InvalidArgumentError(
        "the URL holds a blank or a control character: write it as %20 and the like");
  }
  return url;
}

absl::StatusOr<Url> ResolveUrl(absl::string_view base, absl::string_view reference) {
  const size_t mark = reference.find_first_of(":/?#");
  if (mark != absl::string_view::npos && reference[mark] == ':') return ParseUrl(reference);
  LARDER_ASSIGN_OR_RETURN(const Url url, ParseUrl(base));
  if (absl::StartsWith(reference, "//")) return ParseUrl(absl::StrCat(url.scheme, ":", reference));
  if (absl::StartsWith(reference, "/")) return ParseUrl(absl::StrCat(url.Origin(), reference));
  if (reference.empty() || reference[0] == '#') return url;
  if (reference[0] == '?') return ParseUrl(absl::StrCat(url.Origin(), url.path, reference));
  // Relative to the last '/', each "../" one further up.
  absl::string_view folder = absl::string_view(url.path).substr(0, url.path.rfind('/'));
  while (true) {
    if (absl::ConsumePrefix(&reference, "./")) continue;
    if (!absl::ConsumePrefix(&reference, "../")) break;
    folder = folder.substr(0, folder.empty() ? 0 : folder.rfind('/'));
  }
  return ParseUrl(absl::StrCat(url.Origin(), folder, "/", reference));
}

std::string UrlForPeople(absl::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const size_t scheme = url.find("://");
  if (scheme == absl::string_view::npos) return std::string(url);
  const size_t start = scheme + 3;
  const absl::string_view authority = url.substr(start, url.find('/', start) - start);
  const size_t at = authority.rfind('@');
  if (at == absl::string_view::npos) return std::string(url);
  return absl::StrCat(url.substr(0, start), url.substr(start + at + 1));
}

std::string PercentEncode(absl::string_view bytes, bool keep_slashes) {
  std::string encoded;
  encoded.reserve(bytes.size());
  for (const char c : bytes) {
    if (IsUnreserved(c) || (c == '/' && keep_slashes)) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.push_back('%');
      encoded.push_back(kHexDigits[byte >> 4]);
      encoded.push_back(kHexDigits[byte & 15]);
    }
  }
  return encoded;
}

std::optional<std::string> PercentDecode(absl::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return decoded;
}

}  // namespace larder::remote

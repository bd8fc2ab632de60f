// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/header_file.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/errors.h"
#include "base/file.h"

namespace larder::remote {
namespace {

constexpr size_t kMaxFileBytes = 64 << 10;

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("!#$%&'*+-.^_`|~").find(c) != absl::string_view::npos;
}

bool IsOurs(absl::string_view name) {
  static constexpr absl::string_view kOurs[] = {"host", "range", "accept-encoding", "connection",
                                                "transfer-encoding"};
  const std::string lower = absl::AsciiStrToLower(name);
  return std::find(std::begin(kOurs), std::end(kOurs), lower) != std::end(kOurs) ||
         absl::StartsWith(lower, "if-") || absl::StartsWith(lower, "content-");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseHeaderLines(absl::string_view text) {
  std::vector<std::string> headers;
  int number = 0;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || line[0] == '#') continue;
    const auto wrong = [number](absl::string_view why) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", why));
    };
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos) return wrong("not of the form 'Name: value'");
    const absl::string_view name = line.substr(0, colon);
    const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
    if (name.empty() || !std::all_of(name.begin(), name.end(), IsTokenCharacter)) {
      return wrong("what stands before the colon is no header name");
    }
    if (value.empty()) return wrong("the header has no value");
    const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
      return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    });
    if (!printable) return wrong("the value holds a control character");
    if (IsOurs(name)) return wrong(absl::StrCat("the header ", name, " is set by Larder itself"));
    headers.push_back(absl::StrCat(name, ": ", value));
  }
  return headers;
}

absl::StatusOr<std::vector<std::string>> ReadHeaderFile(const std::string& path) {
  auto text = ReadFileToString(path, kMaxFileBytes);
  if (!text.ok()) return WithContext(text.status(), "--header-file");
  auto headers = ParseHeaderLines(*text);
  if (!headers.ok()) return WithContext(headers.status(), absl::StrCat("--header-file: ", path));
  return headers;
}

}  // namespace larder::remote

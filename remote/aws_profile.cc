// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/aws_profile.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace larder::remote {
namespace {

absl::string_view Trim(absl::string_view text) { return absl::StripAsciiWhitespace(text); }

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

// The profile's name in a section's title, nullopt if it is no profile.
std::optional<std::string> ProfileName(AwsFileKind kind, absl::string_view title) {
  title = Trim(title);
  if (kind == AwsFileKind::kCredentials) return std::string(title);
  if (title == "default") return "default";
  if (!absl::ConsumePrefix(&title, "profile") || title.empty() || !IsSpace(title.front()))
    return std::nullopt;
  title = Trim(title);
  if (title.size() >= 2 && title.front() == title.back() &&
      (title.front() == '"' || title.front() == '\'')) {
    title = title.substr(1, title.size() - 2);
  }
  return std::string(title);
}

// Without a comment at its end: '#' or ';' after white space.
absl::string_view WithoutComment(absl::string_view value) {
  for (size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && IsSpace(value[i - 1])) return value.substr(0, i);
  }
  return value;
}

}  // namespace

absl::StatusOr<std::map<std::string, AwsSettings>> ParseAwsFile(AwsFileKind kind,
                                                                absl::string_view text) {
  std::map<std::string, AwsSettings> profiles;
  AwsSettings* settings =
      nullptr;  // of the section we are in; null outside and in those that are no profiles
  bool in_section = false;
  std::string parent;  // the setting with an empty value that indented lines belong to
  int number = 0;
  const auto broken = [&number](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("line ", number, " ", what));
  };

  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const bool is_indented = !line.empty() && IsSpace(line.front());
    line = Trim(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const size_t close = line.find(']');
      if (close == absl::string_view::npos) return broken("has a '[' without ']'");
      in_section = true;
      parent.clear();
      const auto name = ProfileName(kind, line.substr(1, close - 1));
      settings = name ? &profiles[*name] : nullptr;
      continue;
    }
    if (!in_section) return broken("stands before the first [section]");
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos) {
      if (is_indented) continue;  // a value over several lines: nothing that we read has one
      return broken("is neither a [section] nor NAME = VALUE");
    }
    std::string name = absl::AsciiStrToLower(Trim(line.substr(0, equals)));
    if (name.empty()) return broken("has no name before '='");
    const absl::string_view value = Trim(WithoutComment(line.substr(equals + 1)));
    if (is_indented && !parent.empty()) {
      name = absl::StrCat(parent, ".", name);
    } else {
      parent = value.empty() ? name : "";
    }
    if (settings != nullptr) (*settings)[name] = std::string(value);
  }
  return profiles;
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "remote/http_listing.h"
#include "remote/posix_names.h"

namespace larder::remote {
namespace {

// A name of 255 bytes, percent-encoded, each '%' at worst an entity, with the folder's URL before
// it.
constexpr size_t kMaxHrefBytes = 64 << 10;

constexpr absl::string_view kTitles[] = {"index of", "directory listing", "listing of"};

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

void AppendUtf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xc0 | code >> 6));
    out->push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | code >> 12));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out->push_back(static_cast<char>(0xf0 | code >> 18));
    out->push_back(static_cast<char>(0x80 | (code >> 12 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

// One entity at the start of `text` ("&amp;..."): what it stands for and its length, or 0 where it
// is none. The named ones are those that servers write into an href.
size_t DecodeEntity(absl::string_view text, std::string* out) {
  const size_t end = text.substr(0, 12).find(';');
  if (end == absl::string_view::npos) return 0;
  const absl::string_view name = text.substr(1, end - 1);
  static constexpr std::pair<absl::string_view, char> kNamed[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [known, character] : kNamed) {
    if (name == known) {
      out->push_back(character);
      return end + 1;
    }
  }
  if (name.size() < 2 || name[0] != '#') return 0;
  uint32_t code;
  const bool is_hex = name[1] == 'x' || name[1] == 'X';
  const bool is_number =
      is_hex ? absl::SimpleHexAtoi(name.substr(2), &code) : absl::SimpleAtoi(name.substr(1), &code);
  if (!is_number || code > 0x10ffff) return 0;
  AppendUtf8(code, out);
  return end + 1;
}

std::string DecodeEntities(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size();) {
    const size_t length = text[i] == '&' ? DecodeEntity(text.substr(i), &decoded) : 0;
    if (length == 0) decoded.push_back(text[i++]);
    i += length;
  }
  return decoded;
}

// Goes over the tags of a page. Not a parser of HTML: it looks for what a listing needs, and
// nothing in a page can upset it.
class TagScanner {
 public:
  explicit TagScanner(absl::string_view html) : rest_(html) {}

  // Stands at the next <a ...> and gives its href (entities decoded; nullopt if it has none). False
  // at the end.
  bool NextAnchor(std::optional<std::string>* href) {
    while (true) {
      const size_t open = rest_.find('<');
      if (open == absl::string_view::npos) return false;
      rest_.remove_prefix(open + 1);
      if (absl::StartsWith(rest_, "!--")) {
        const size_t end = rest_.find("-->");
        if (end == absl::string_view::npos) return Broken();
        rest_.remove_prefix(end + 3);
        continue;
      }
      const bool anchor =
          rest_.size() > 1 && (rest_[0] == 'a' || rest_[0] == 'A') && IsSpace(rest_[1]);
      if (!anchor) continue;
      rest_.remove_prefix(1);
      return ReadAttributes(href);
    }
  }
  // The text ended within a tag or a comment.
  bool broken() const { return broken_; }

 private:
  bool Broken() {
    broken_ = true;
    rest_ = {};
    return false;
  }

  bool ReadAttributes(std::optional<std::string>* href) {
    href->reset();
    while (true) {
      while (!rest_.empty() && (IsSpace(rest_[0]) || rest_[0] == '/')) rest_.remove_prefix(1);
      if (rest_.empty()) return Broken();
      if (rest_[0] == '>') {
        rest_.remove_prefix(1);
        return true;
      }
      const size_t name_end = std::min(rest_.find_first_of(" \t\r\n=>/", 1), rest_.size());
      const absl::string_view name = rest_.substr(0, name_end);
      rest_.remove_prefix(name_end);
      rest_ = absl::StripLeadingAsciiWhitespace(rest_);
      if (rest_.empty()) return Broken();
      if (rest_[0] != '=') continue;
      rest_ = absl::StripLeadingAsciiWhitespace(rest_.substr(1));
      absl::string_view value;
      if (!ReadValue(&value)) return Broken();
      if (!href->has_value() && absl::EqualsIgnoreCase(name, "href") &&
          value.size() <= kMaxHrefBytes) {
        *href = DecodeEntities(absl::StripAsciiWhitespace(value));
      }
    }
  }

  bool ReadValue(absl::string_view* value) {
    if (rest_.empty()) return false;
    size_t end;
    if (rest_[0] == '"' || rest_[0] == '\'') {
      const char quote = rest_[0];
      rest_.remove_prefix(1);
      end = rest_.find(quote);
      if (end == absl::string_view::npos) return false;
      *value = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      return true;
    }
    end = std::min(rest_.find_first_of(" \t\r\n>"), rest_.size());
    *value = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }

  absl::string_view rest_;
  bool broken_ = false;
};

// Takes the leading part of `path` that stands for the folder itself, comparing decoded bytes,
// since servers differ in what they encode. False where `path` lies elsewhere.
bool ConsumeFolder(absl::string_view* path, const std::string& decoded_folder) {
  // The folder's path has as many slashes however it is encoded.
  const auto slashes = std::count(decoded_folder.begin(), decoded_folder.end(), '/');
  size_t end = 0;
  for (int64_t i = 0; i < slashes; ++i) {
    end = path->find('/', end);
    if (end == absl::string_view::npos) return false;
    ++end;
  }
  const std::optional<std::string> decoded = PercentDecode(path->substr(0, end));
  if (!decoded.has_value() || *decoded != decoded_folder) return false;
  path->remove_prefix(end);
  return true;
}

// Makes an href relative to the folder; false for links that lead elsewhere.
bool MakeRelative(absl::string_view* href, const Url& folder, const std::string& decoded_folder) {
  const size_t colon = href->find_first_of(":/?#");
  const bool has_scheme = colon != absl::string_view::npos && (*href)[colon] == ':';
  if (has_scheme || absl::StartsWith(*href, "//")) {
    const auto url =
        ParseUrl(has_scheme ? std::string(*href) : absl::StrCat(folder.scheme, ":", *href));
    if (!url.ok() || url->Origin() != folder.Origin()) return false;
    const size_t path = href->find('/', href->find("//") + 2);
    *href = path == absl::string_view::npos ? absl::string_view("/") : href->substr(path);
  }
  if (absl::StartsWith(*href, "/")) return ConsumeFolder(href, decoded_folder);
  while (absl::ConsumePrefix(href, "./")) {
  }
  return true;
}

// The children that a page links to, each once.
class EntryCollector {
 public:
  explicit EntryCollector(const Url& folder)
      : folder_(folder), decoded_folder_(PercentDecode(folder.path).value_or(folder.path)) {}

  void Add(absl::string_view href) {
    if (href.empty() || href[0] == '?' || href[0] == '#') return;  // orders, places in the page
    if (!MakeRelative(&href, folder_, decoded_folder_)) return;
    href = href.substr(0, href.find('#'));
    if (href.find('?') != absl::string_view::npos) return;
    const bool is_folder = absl::ConsumeSuffix(&href, "/");
    if (href.empty() || href == "." || href == "..") return;
    if (absl::StartsWith(href, "../") || href.find('/') != absl::string_view::npos) return;
    std::optional<std::string> name = PercentDecode(href);
    if (!name.has_value() || !IsPosixName(*name)) {
      ++page_.hidden_names;
      return;
    }
    const auto [known, inserted] = indexes_.try_emplace(*name, page_.entries.size());
    if (!inserted) {
      if (is_folder) page_.entries[known->second].kind = EntryKind::kFolder;
      return;
    }
    ListEntry entry;
    entry.name = *std::move(name);
    entry.kind = is_folder ? EntryKind::kFolder : EntryKind::kFile;
    page_.entries.push_back(std::move(entry));
  }

  ListPage& page() { return page_; }

 private:
  const Url& folder_;
  const std::string decoded_folder_;
  ListPage page_;
  absl::flat_hash_map<std::string, size_t> indexes_;  // into page_.entries
};

bool HasListingTitle(absl::string_view html) {
  const std::string start = absl::AsciiStrToLower(html.substr(0, 4096));
  return std::any_of(std::begin(kTitles), std::end(kTitles), [&](absl::string_view title) {
    return start.find(std::string(title)) != std::string::npos;
  });
}

}  // namespace

absl::StatusOr<ListPage> ParseHtmlListing(absl::string_view html, const Url& folder) {
  const auto malformed = [&](absl::string_view why) {
    return absl::DataLossError(
        absl::StrCat(UrlForPeople(folder.ToString()), ": malformed folder listing: ", why));
  };
  TagScanner scanner(html);
  EntryCollector entries(folder);
  std::optional<std::string> href;
  bool has_links = false;
  while (scanner.NextAnchor(&href)) {
    if (!href.has_value()) continue;
    has_links = true;
    entries.Add(*href);
    if (entries.page().entries.size() > kMaxListingEntries)
      return malformed("it has too many entries");
  }
  if (scanner.broken()) return malformed("it breaks off within a tag");
  const std::string end =
      absl::AsciiStrToLower(html.substr(html.size() - std::min<size_t>(html.size(), 256)));
  const std::string start = absl::AsciiStrToLower(html.substr(0, 1024));
  if (start.find("<html") != std::string::npos && end.find("</html") == std::string::npos) {
    return malformed("it breaks off before its end");
  }
  if (!has_links && !HasListingTitle(html)) {
    return malformed(
        "the page has no links: check that the server lists folders (nginx: autoindex on)");
  }
  return std::move(entries.page());
}

}  // namespace larder::remote

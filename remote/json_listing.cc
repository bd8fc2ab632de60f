// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "remote/http_date.h"
#include "remote/http_listing.h"
#include "remote/posix_names.h"

namespace larder::remote {
namespace {

// Makes entries as the parser goes: a folder of a million files never stands in memory as a tree.
class ListingReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return TakeValue(); }
  bool boolean(bool) override { return TakeValue(); }
  bool number_integer(number_integer_t) override {
    if (depth_ == 2 && key_ == "size") return Fail("an entry has a negative size");
    return TakeValue();
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (depth_ == 2 && key_ == "size") {
      if (value > INT64_MAX) return Fail("an entry has a size beyond 2^63");
      size_ = value;
    }
    return TakeValue();
  }
  bool number_float(number_float_t, const string_t&) override {
    if (depth_ == 2 && key_ == "size") return Fail("an entry has a size that is no whole number");
    return TakeValue();
  }
  bool string(string_t& value) override {
    if (depth_ == 2) {
      if (key_ == "name") name_ = value;
      if (key_ == "type") type_ = value;
      if (key_ == "mtime") mtime_ = ParseHttpDate(value);
    }
    return TakeValue();
  }
  bool binary(binary_t&) override { return Fail("binary"); }
  bool start_object(size_t) override {
    if (depth_ == 0) return Fail("it is not an array of entries");
    if (++depth_ > kMaxDepth) return Fail("it is nested too deep");
    if (depth_ == 2) ResetEntry();
    return true;
  }
  bool key(string_t& value) override {
    if (depth_ == 2) key_ = std::move(value);
    return true;
  }
  bool end_object() override {
    if (--depth_ == 1) return TakeEntry();
    return true;
  }
  bool start_array(size_t) override {
    return ++depth_ > kMaxDepth ? Fail("it is nested too deep") : true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Fail(absl::StrCat("it is no JSON, or broken off, at byte ", position));
  }

  const std::string& failure() const { return failure_; }
  ListPage& page() { return page_; }

 private:
  static constexpr int kMaxDepth = 16;

  bool Fail(absl::string_view why) {
    failure_ = std::string(why);
    return false;
  }
  bool TakeValue() {
    return depth_ == 0 || (depth_ == 1) ? Fail("it is not an array of entries") : true;
  }
  void ResetEntry() {
    key_.clear();
    name_.reset();
    type_.clear();
    size_.reset();
    mtime_.reset();
  }
  bool TakeEntry() {
    if (!name_.has_value() || type_.empty()) return Fail("an entry has no name or no type");
    if (page_.entries.size() >= kMaxListingEntries) return Fail("it has too many entries");
    if (type_ != "file" && type_ != "directory") return true;  // sockets and the like
    if (!IsPosixName(*name_)) {
      ++page_.hidden_names;
      return true;
    }
    ListEntry entry;
    entry.name = std::move(*name_);
    if (type_ == "directory") {
      entry.kind = EntryKind::kFolder;
      if (mtime_.has_value()) entry.version = ObjectVersion{0, *mtime_, ""};
    } else if (size_.has_value() && mtime_.has_value()) {
      entry.version = ObjectVersion{*size_, *mtime_, ""};
    }
    page_.entries.push_back(std::move(entry));
    return true;
  }

  ListPage page_;
  std::string failure_;
  int depth_ = 0;  // 1 in the array of entries, 2 in an entry
  // Of the entry at hand:
  std::string key_;
  std::optional<std::string> name_;
  std::string type_;
  std::optional<uint64_t> size_;
  std::optional<absl::Time> mtime_;
};

// JSON is UTF-8, but nginx copies names of other bytes as they are. As Latin-1 every byte is a
// character.
std::string Latin1ToUtf8(absl::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text.push_back(c);
    } else {
      text.push_back(static_cast<char>(0xc0 | byte >> 6));
      text.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  return text;
}

// The reverse; characters past Latin-1 (which only a \u escape can have made) stay as they are.
std::string Utf8ToLatin1(absl::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte == 0xc2 || byte == 0xc3) && i + 1 < text.size()) {
      bytes.push_back(static_cast<char>((byte & 3) << 6 | (text[++i] & 0x3f)));
    } else {
      bytes.push_back(text[i]);
    }
  }
  return bytes;
}

absl::StatusOr<ListPage> Parse(absl::string_view json, const Url& folder) {
  ListingReader reader;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &reader)) {
    return absl::DataLossError(absl::StrCat(UrlForPeople(folder.ToString()),
                                            ": malformed folder listing: ", reader.failure(),
                                            ": check what answers at this URL"));
  }
  return std::move(reader.page());
}

}  // namespace

absl::StatusOr<ListPage> ParseJsonListing(absl::string_view json, const Url& folder) {
  absl::StatusOr<ListPage> page = Parse(json, folder);
  if (page.ok()) return page;
  absl::StatusOr<ListPage> raw = Parse(Latin1ToUtf8(json), folder);
  if (!raw.ok()) return page;
  ListPage decoded;
  decoded.hidden_names = raw->hidden_names;
  for (ListEntry& entry : raw->entries) {
    entry.name = Utf8ToLatin1(entry.name);
    decoded.entries.push_back(std::move(entry));
  }
  return decoded;
}

}  // namespace larder::remote

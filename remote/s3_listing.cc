// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/s3_listing.h"

#include <algorithm>
#include <optional>
#include <pugixml.hpp>
#include <unordered_set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/errors.h"
#include "remote/http_date.h"
#include "remote/http_headers.h"
#include "remote/posix_names.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

absl::Status Malformed(absl::string_view prefix, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the listing of '", prefix, "' is malformed: ", what));
}

// Reads the entries of one answer.
class ListingReader {
 public:
  ListingReader(absl::string_view prefix, bool is_encoded)
      : prefix_(prefix), is_encoded_(is_encoded) {}

  absl::Status ReadFolder(const pugi::xml_node& common_prefix);
  absl::Status ReadObject(const pugi::xml_node& contents);
  S3Listing Finish() &&;

 private:
  // What follows the prefix in a key.
  absl::StatusOr<std::string> Below(const pugi::xml_node& node, const char* element) const;
  void CountArchived(absl::string_view storage_class);

  const absl::string_view prefix_;
  const bool is_encoded_;
  S3Listing listing_;
  std::unordered_set<std::string> folders_;
};

absl::StatusOr<std::string> ListingReader::Below(const pugi::xml_node& node,
                                                 const char* element) const {
  const pugi::xml_node child = node.child(element);
  if (!child)
    return Malformed(prefix_, absl::StrCat("<", node.name(), "> without <", element, ">"));
  std::string key = child.child_value();
  if (is_encoded_) {
    // As in forms: Amazon writes '+' for a space and %2B for a plus.
    auto decoded = PercentDecode(absl::StrReplaceAll(key, {{"+", " "}}));
    if (!decoded) return Malformed(prefix_, absl::StrCat("'", key, "' is not percent-encoded"));
    key = *std::move(decoded);
  }
  if (!absl::StartsWith(key, prefix_)) {
    return Malformed(prefix_, "it has keys that do not begin so: does the store heed 'prefix'?");
  }
  return key.substr(prefix_.size());
}

absl::Status ListingReader::ReadFolder(const pugi::xml_node& common_prefix) {
  LARDER_ASSIGN_OR_RETURN(std::string name, Below(common_prefix, "Prefix"));
  listing_.has_keys = true;
  if (!absl::EndsWith(name, "/")) return Malformed(prefix_, "a common prefix does not end in '/'");
  name.pop_back();
  if (!IsPosixName(name)) {
    ++listing_.page.hidden_names;
    return absl::OkStatus();
  }
  if (!folders_.insert(name).second) return absl::OkStatus();
  ListEntry entry;
  entry.name = std::move(name);
  entry.kind = EntryKind::kFolder;
  listing_.page.entries.push_back(std::move(entry));
  return absl::OkStatus();
}

absl::Status ListingReader::ReadObject(const pugi::xml_node& contents) {
  LARDER_ASSIGN_OR_RETURN(std::string name, Below(contents, "Key"));
  listing_.has_keys = true;
  if (absl::StrContains(name, '/') && !absl::EndsWith(name, "/")) {
    return Malformed(prefix_, "it has keys of deeper folders: does the store heed 'delimiter'?");
  }
  if (!IsPosixName(name)) {
    ++listing_.page.hidden_names;
    return absl::OkStatus();
  }
  ListEntry entry;
  entry.name = std::move(name);
  ObjectVersion version;
  if (!absl::SimpleAtoi(contents.child_value("Size"), &version.size)) {
    return Malformed(prefix_, absl::StrCat("'", entry.name, "' has no valid size"));
  }
  version.etag = ListedEtag(contents.child_value("ETag"));
  // A time is a hint only: one that can't be read does no harm.
  if (const auto time = ParseIsoDate(contents.child_value("LastModified")); time) {
    version.mtime = absl::FromUnixSeconds(absl::ToUnixSeconds(*time));
  }
  entry.version = std::move(version);
  listing_.page.entries.push_back(std::move(entry));
  CountArchived(contents.child_value("StorageClass"));
  return absl::OkStatus();
}

void ListingReader::CountArchived(absl::string_view storage_class) {
  // GLACIER_IR ("instant retrieval") is read like any other.
  if (storage_class != "GLACIER" && storage_class != "DEEP_ARCHIVE") return;
  ++listing_.archived;
  listing_.archive_class = std::string(storage_class);
}

S3Listing ListingReader::Finish() && {
  auto& entries = listing_.page.entries;
  const auto is_shadowed = [this](const ListEntry& entry) {
    return entry.kind == EntryKind::kFile && folders_.count(entry.name) > 0;
  };
  entries.erase(std::remove_if(entries.begin(), entries.end(), is_shadowed), entries.end());
  return std::move(listing_);
}

}  // namespace

absl::StatusOr<S3Listing> ParseS3Listing(absl::string_view body, absl::string_view prefix,
                                         absl::string_view asked_page) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(body.data(), body.size(),
                           // A key may be a single space.
                           pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!parsed) {
    return Malformed(
        prefix, absl::StrCat("no XML (", parsed.description(), " at byte ", parsed.offset, " of ",
                             body.size(), "): is the endpoint an S3 store?"));
  }
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) {
    const std::string name = document.document_element().name();
    return Malformed(prefix, absl::StrCat("<", name.substr(0, 60),
                                          "> instead of <ListBucketResult>: is the endpoint an "
                                          "S3 store?"));
  }

  ListingReader reader(prefix, absl::EqualsIgnoreCase(root.child_value("EncodingType"), "url"));
  for (const pugi::xml_node& node : root.children()) {
    const absl::string_view name = node.name();
    if (name == "CommonPrefixes") {
      LARDER_RETURN_IF_ERROR(reader.ReadFolder(node));
    } else if (name == "Contents") {
      LARDER_RETURN_IF_ERROR(reader.ReadObject(node));
    }
  }
  S3Listing listing = std::move(reader).Finish();
  if (absl::EqualsIgnoreCase(root.child_value("IsTruncated"), "true")) {
    listing.page.next_page = root.child_value("NextContinuationToken");
    if (listing.page.next_page.empty())
      return Malformed(prefix, "more pages, but no token to ask for them");
    if (listing.page.next_page == asked_page)
      return Malformed(prefix, "the next page is this page: it would never end");
  }
  return listing;
}

std::string ListedEtag(absl::string_view etag) {
  etag = absl::StripAsciiWhitespace(etag);
  if (etag.empty() || absl::StartsWithIgnoreCase(etag, "W/")) return "";
  return StrongEtag(etag.front() == '"' ? std::string(etag) : absl::StrCat("\"", etag, "\""));
}

}  // namespace larder::remote

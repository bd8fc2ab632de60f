// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/store_factory.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/errors.h"
#include "remote/brace_store.h"
#include "remote/directory_store.h"
#include "remote/http_store.h"
#include "remote/s3_store.h"
#include "remote/s3_url.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

constexpr char kForms[] =
    "a source is s3://bucket/prefix, http(s)://host/path/, http(s)://host/shard-{000..146}.tar, "
    "file:///path or /path";

enum class SourceKind { kS3, kHttp, kDirectory };

absl::StatusOr<SourceKind> KindOf(absl::string_view source) {
  if (absl::StartsWith(source, "/")) return SourceKind::kDirectory;
  const size_t colon = source.find("://");
  const std::string scheme =
      absl::AsciiStrToLower(source.substr(0, colon == absl::string_view::npos ? 0 : colon));
  if (scheme == "s3") return SourceKind::kS3;
  if (scheme == "http" || scheme == "https") return SourceKind::kHttp;
  if (scheme == "file") return SourceKind::kDirectory;
  if (source.empty())
    return absl::InvalidArgumentError(absl::StrCat("the source is empty: ", kForms));
  return absl::InvalidArgumentError(
      absl::StrCat("'", UrlForPeople(source), "' names no remote: ", kForms));
}

// The absolute path that file:///path or /path means, without '.', empty components and a '/' at
// its end.
absl::StatusOr<std::string> DirectoryPath(absl::string_view source) {
  std::string path(source);
  if (!absl::StartsWith(source, "/")) {
    absl::string_view rest = source.substr(source.find("://") + 3);
    absl::ConsumePrefix(&rest, "localhost");
    if (!absl::StartsWith(rest, "/")) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", source, "' names a host: a folder is file:///path (three slashes) or /path"));
    }
    std::optional<std::string> decoded = PercentDecode(rest);
    if (!decoded.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", source, "' is not percent-encoded rightly: write %25 for %"));
    }
    path = *std::move(decoded);
  }
  if (path.find('\0') != std::string::npos)
    return absl::InvalidArgumentError("the path holds a NUL");
  std::vector<absl::string_view> parts;
  for (const absl::string_view part : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (part == ".") continue;
    if (part == "..") {
      return absl::InvalidArgumentError(
          absl::StrCat("'", source, "' goes through '..': name the folder directly"));
    }
    parts.push_back(part);
  }
  return absl::StrCat("/", absl::StrJoin(parts, "/"));
}

absl::StatusOr<std::string> CanonicalHttp(absl::string_view source) {
  auto url = ParseUrl(source);
  // Braces only ever stand in the path, which ParseUrl leaves alone.
  if (!url.ok()) return WithContext(url.status(), UrlForPeople(source));
  if (!url->query.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(UrlForPeople(source), ": a source can't have a ? part"));
  }
  if (BraceStore::HasBraces(source)) {
    LARDER_RETURN_IF_ERROR(BraceStore::ParseSource(source).status());
  }
  while (url->path.size() > 1 && url->path.back() == '/') url->path.pop_back();
  return url->ToString();
}

absl::StatusOr<std::unique_ptr<ObjectStore>> OpenHttp(const std::string& source,
                                                      const StoreOptions& options,
                                                      DatasetCounters* counters) {
  if (!BraceStore::HasBraces(source)) return HttpStore::Create(source, options, counters);
  LARDER_ASSIGN_OR_RETURN(BraceStore::Source parsed, BraceStore::ParseSource(source));
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<HttpStore> folder,
                          HttpStore::Create(parsed.folder_url, options, counters));
  return std::make_unique<BraceStore>(std::move(parsed), std::move(folder));
}

// Options that mean nothing to this kind of remote are a mistake that is better named than ignored.
absl::Status CheckOptions(SourceKind kind, const StoreOptions& options) {
  const auto refuse = [&](bool given, absl::string_view option, absl::string_view use) {
    if (!given) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        option, " is for ", use, ", and ", UrlForPeople(options.source), " is none: leave it out"));
  };
  if (kind != SourceKind::kS3) {
    LARDER_RETURN_IF_ERROR(
        refuse(!options.endpoint_url.empty(), "--endpoint-url", "s3:// sources"));
    LARDER_RETURN_IF_ERROR(refuse(!options.region.empty(), "--region", "s3:// sources"));
    LARDER_RETURN_IF_ERROR(refuse(!options.profile.empty(), "--profile", "s3:// sources"));
    LARDER_RETURN_IF_ERROR(refuse(options.anonymous, "--anonymous", "s3:// sources"));
  }
  if (kind != SourceKind::kHttp) {
    LARDER_RETURN_IF_ERROR(
        refuse(!options.header_file.empty(), "--header-file", "http:// and https:// sources"));
    LARDER_RETURN_IF_ERROR(
        refuse(!options.netrc_file.empty(), "--netrc-file", "http:// and https:// sources"));
  }
  if (kind == SourceKind::kDirectory) {
    LARDER_RETURN_IF_ERROR(
        refuse(!options.ca_bundle.empty(), "--ca-bundle", "sources over a network"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> CanonicalSource(absl::string_view source) {
  LARDER_ASSIGN_OR_RETURN(const SourceKind kind, KindOf(source));
  switch (kind) {
    case SourceKind::kS3: {
      LARDER_ASSIGN_OR_RETURN(const S3Location location, S3Location::Parse(source));
      return location.ToString();
    }
    case SourceKind::kHttp:
      return CanonicalHttp(source);
    case SourceKind::kDirectory:
      return DirectoryPath(source);
  }
  return absl::InternalError("unknown kind of source");
}

absl::StatusOr<std::unique_ptr<ObjectStore>> OpenStore(const StoreOptions& options,
                                                       DatasetCounters* counters) {
  LARDER_ASSIGN_OR_RETURN(const SourceKind kind, KindOf(options.source));
  LARDER_RETURN_IF_ERROR(CheckOptions(kind, options));
  LARDER_ASSIGN_OR_RETURN(const std::string source, CanonicalSource(options.source));
  switch (kind) {
    case SourceKind::kS3:
      return OpenS3Store(options, counters);
    case SourceKind::kHttp:
      return OpenHttp(source, options, counters);
    case SourceKind::kDirectory:
      return std::make_unique<DirectoryStore>(source, counters);
  }
  return absl::InternalError("unknown kind of source");
}

}  // namespace larder::remote

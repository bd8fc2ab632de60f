// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_store.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "remote/header_file.h"
#include "remote/http_fetch.h"
#include "remote/http_listing.h"
#include "remote/http_stat.h"
#include "remote/posix_names.h"
#include "remote/range_read.h"

namespace larder::remote {
namespace {

// A plain web server: the user's headers and credentials, and words for what such servers refuse.
class HttpStoreDialect : public HttpDialect {
 public:
  HttpStoreDialect(std::vector<std::string> headers, std::string netrc_file)
      : headers_(std::move(headers)), netrc_file_(std::move(netrc_file)) {}

  absl::StatusOr<HttpRequest> Prepare(HttpRequest request) override {
    request.headers = headers_;
    request.netrc_file = netrc_file_;
    return request;
  }

  HttpRefusal Explain(const HttpHead& head, absl::string_view) override {
    const std::string url = UrlForPeople(head.url);
    if (head.status == 403 && absl::EndsWith(url, "/")) {
      return {absl::PermissionDeniedError(
          absl::StrCat(url,
                       ": the server refuses to list this folder (403): turn its listings on "
                       "(nginx: autoindex on), check "
                       "your credentials, or name the files by a URL with braces"))};
    }
    if (head.status == 404 && absl::EndsWith(url, "/")) {
      return {absl::NotFoundError(absl::StrCat(url, ": no such folder (404)"))};
    }
    return ExplainHttpError(head);
  }

 private:
  const std::vector<std::string> headers_;
  const std::string netrc_file_;
};

absl::Status CheckReadable(absl::string_view option, const std::string& path) {
  if (path.empty() || access(path.c_str(), R_OK) == 0) return absl::OkStatus();
  return ErrnoError(errno, absl::StrCat(option, ": ", path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpStore>> HttpStore::Create(absl::string_view folder_url,
                                                             const StoreOptions& options,
                                                             DatasetCounters* counters) {
  auto root = ParseUrl(folder_url);
  if (!root.ok()) return WithContext(root.status(), UrlForPeople(folder_url));
  if (!root->query.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        UrlForPeople(folder_url), ": a source can't have a ? part: name the folder itself"));
  }
  if (!absl::EndsWith(root->path, "/")) root->path += "/";
  std::vector<std::string> headers;
  if (!options.header_file.empty()) {
    LARDER_ASSIGN_OR_RETURN(headers, ReadHeaderFile(options.header_file));
  }
  LARDER_RETURN_IF_ERROR(CheckReadable("--netrc-file", options.netrc_file));
  HttpClientOptions client;
  client.connections = options.connections;
  client.ca_bundle = options.ca_bundle;
  LARDER_ASSIGN_OR_RETURN(
      std::unique_ptr<HttpSession> session,
      HttpSession::Create(
          client, std::make_unique<HttpStoreDialect>(std::move(headers), options.netrc_file),
          counters));
  return std::unique_ptr<HttpStore>(new HttpStore(*std::move(root), std::move(session), counters));
}

HttpStore::HttpStore(remote::Url root, std::unique_ptr<HttpSession> session,
                     DatasetCounters* counters)
    : root_(std::move(root)), counters_(counters), session_(std::move(session)) {}

std::string HttpStore::Url(absl::string_view path) const {
  return absl::StrCat(root_.Origin(), root_.path, PercentEncode(path));
}

std::string HttpStore::FolderUrl(absl::string_view path) const {
  return path.empty() ? Url(path) : absl::StrCat(Url(path), "/");
}

void HttpStore::NoteListing(const ListPage& page) {
  const bool has_versions =
      std::any_of(page.entries.begin(), page.entries.end(),
                  [](const ListEntry& entry) { return entry.version.has_value(); });
  if (has_versions) lists_versions_.store(true, std::memory_order_relaxed);
}

std::shared_ptr<Transfer> HttpStore::List(absl::string_view path, absl::string_view,
                                          const RequestOptions& options,
                                          std::function<void(absl::StatusOr<ListPage>)> done) {
  HttpRequest request;
  request.url = FolderUrl(path);
  return HttpFetch(session_->context(), std::move(request), kMaxListingBytes, options,
                   [this, done = std::move(done)](absl::StatusOr<HttpAnswer> answer) {
                     if (!answer.ok()) return done(answer.status());
                     // Links are relative to where the page came from.
                     auto folder = ParseUrl(answer->head.url);
                     if (!folder.ok()) return done(folder.status());
                     absl::StatusOr<ListPage> page = ParseHttpListing(answer->body, *folder);
                     page.ok() ? NoteListing(*page) : counters_->remote_errors.Add();
                     done(std::move(page));
                   });
}

std::shared_ptr<Transfer> HttpStore::Stat(absl::string_view path, const RequestOptions& options,
                                          std::function<void(absl::StatusOr<Attributes>)> done) {
  if (path.empty()) return HttpStatRoot(session_->context(), Url(path), options, std::move(done));
  return HttpStat(session_->context(), Url(path), options, std::move(done));
}

std::shared_ptr<Transfer> HttpStore::ReadRange(absl::string_view path,
                                               const ObjectVersion& expected, ByteRange range,
                                               const RequestOptions& options,
                                               std::shared_ptr<RangeSink> sink) {
  RangeReadRequest request;
  request.url = Url(path);
  request.expected = expected;
  request.range = range;
  request.on_ranges_ignored = [this] { ranges_ignored_.store(true, std::memory_order_relaxed); };
  return RangeRead(session_->context(), std::move(request), options, std::move(sink));
}

}  // namespace larder::remote

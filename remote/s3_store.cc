// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/s3_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/log.h"
#include "remote/aws_signature.h"
#include "remote/range_read.h"
#include "remote/s3_dialect.h"
#include "remote/s3_listing.h"
#include "remote/s3_stat.h"

namespace larder::remote {

absl::StatusOr<std::unique_ptr<S3Store>> S3Store::Create(const StoreOptions& options,
                                                         AwsConfig config, Clock* clock,
                                                         DatasetCounters* counters) {
  LARDER_ASSIGN_OR_RETURN(S3Location location, S3Location::Parse(options.source));
  LARDER_ASSIGN_OR_RETURN(
      S3Endpoint endpoint,
      S3Endpoint::Make(location.bucket, config.endpoint_url, config.region, config.addressing));
  HttpClientOptions client_options;
  client_options.connections = options.connections;
  client_options.ca_bundle = options.ca_bundle;
  auto dialect = std::make_unique<S3Dialect>(
      location.bucket, endpoint, std::move(config.credentials), options.anonymous, clock);
  LARDER_ASSIGN_OR_RETURN(auto session,
                          HttpSession::Create(client_options, std::move(dialect), counters));
  return std::unique_ptr<S3Store>(
      new S3Store(std::move(location), std::move(endpoint), std::move(session)));
}

S3Store::S3Store(S3Location location, S3Endpoint endpoint, std::unique_ptr<HttpSession> session)
    : location_(std::move(location)),
      endpoint_(std::move(endpoint)),
      session_(std::move(session)) {}

HttpRequest S3Store::ListRequest(absl::string_view prefix, absl::string_view page,
                                 int max_keys) const {
  std::vector<std::pair<std::string, std::string>> parameters = {
      {"delimiter", "/"},
      {"encoding-type", "url"},
      {"list-type", "2"},
      {"max-keys", absl::StrCat(max_keys)},
      {"prefix", std::string(prefix)}};
  if (!page.empty()) parameters.emplace_back("continuation-token", page);
  HttpRequest request;
  request.url = absl::StrCat(endpoint_.Origin(), endpoint_.Path(""), "?",
                             CanonicalQuery(std::move(parameters)));
  return request;
}

std::string S3Store::ObjectUrl(absl::string_view path) const {
  return absl::StrCat(endpoint_.Origin(), endpoint_.Path(location_.Key(path)));
}

std::string S3Store::Url(absl::string_view path) const {
  const std::string key = location_.Key(path);
  return key.empty() ? location_.ToString() : absl::StrCat("s3://", location_.bucket, "/", key);
}

absl::StatusOr<ListPage> S3Store::ReadListing(const HttpAnswer& answer, absl::string_view path,
                                              absl::string_view page) {
  auto listing = ParseS3Listing(answer.body, location_.FolderPrefix(path), page);
  LARDER_RETURN_IF_ERROR(WithContext(listing.status(), Url(path)));
  const bool is_all = page.empty() && listing->page.next_page.empty();
  if (is_all && !listing->has_keys && !path.empty()) {
    return absl::NotFoundError(absl::StrCat(Url(path), ": no such folder"));
  }
  if (listing->archived > 0 && !warned_of_archived_.exchange(true)) {
    LogWarning(absl::StrCat(Url(path), ": objects here are archived in ", listing->archive_class,
                            "; reading them fails until they are restored"));
  }
  return std::move(listing->page);
}

std::shared_ptr<Transfer> S3Store::List(absl::string_view path, absl::string_view page,
                                        const RequestOptions& options,
                                        std::function<void(absl::StatusOr<ListPage>)> done) {
  return HttpFetch(session_->context(),
                   ListRequest(location_.FolderPrefix(path), page, kKeysPerPage), kMaxListingBytes,
                   options,
                   [this, path = std::string(path), page = std::string(page),
                    done = std::move(done)](absl::StatusOr<HttpAnswer> answer) {
                     if (!answer.ok()) return done(answer.status());
                     done(ReadListing(*answer, path, page));
                   });
}

std::shared_ptr<Transfer> S3Store::Stat(absl::string_view path, const RequestOptions& options,
                                        std::function<void(absl::StatusOr<Attributes>)> done) {
  const std::string prefix = location_.FolderPrefix(path);
  auto listing_request = ListRequest(prefix, "", 1);
  const auto has_keys = [prefix](absl::StatusOr<HttpAnswer> answer) -> absl::StatusOr<bool> {
    LARDER_RETURN_IF_ERROR(answer.status());
    LARDER_ASSIGN_OR_RETURN(const S3Listing listing, ParseS3Listing(answer->body, prefix, ""));
    return listing.has_keys || !listing.page.next_page.empty();
  };
  if (path.empty()) {
    // The root is a folder wherever its bucket can be listed, empty or not.
    return HttpFetch(session_->context(), std::move(listing_request), kMaxListingBytes, options,
                     [has_keys, done = std::move(done)](absl::StatusOr<HttpAnswer> answer) {
                       const auto listed = has_keys(std::move(answer));
                       if (!listed.ok()) return done(listed.status());
                       Attributes root;
                       root.kind = EntryKind::kFolder;
                       done(std::move(root));
                     });
  }
  HttpRequest head_request;
  head_request.method = HttpMethod::kHead;
  head_request.url = ObjectUrl(path);
  auto call = std::make_shared<S3StatCall>(std::move(done));
  auto listing = HttpFetch(session_->context(), std::move(listing_request), kMaxListingBytes,
                           options, [call, has_keys](absl::StatusOr<HttpAnswer> answer) {
                             call->OnListing(has_keys(std::move(answer)));
                           });
  auto head = HttpFetch(session_->context(), std::move(head_request), 0, options,
                        [call](absl::StatusOr<HttpAnswer> answer) {
                          if (!answer.ok()) return call->OnHead(answer.status());
                          auto version = VersionOfHead(answer->head);
                          if (!version.ok()) return call->OnHead(version.status());
                          Attributes file;
                          file.version = *std::move(version);
                          // In the listing's form, whichever the store uses here.
                          file.version.etag = ListedEtag(answer->head.Header("etag"));
                          call->OnHead(std::move(file));
                        });
  call->SetTransfers(head, listing);
  return call;
}

std::shared_ptr<Transfer> S3Store::ReadRange(absl::string_view path, const ObjectVersion& expected,
                                             ByteRange range, const RequestOptions& options,
                                             std::shared_ptr<RangeSink> sink) {
  RangeReadRequest request;
  request.url = ObjectUrl(path);
  request.expected = expected;
  request.range = range;
  request.on_ranges_ignored = [this] { ranges_ignored_.store(true, std::memory_order_relaxed); };
  return RangeRead(session_->context(), std::move(request), options, std::move(sink));
}

absl::StatusOr<std::unique_ptr<ObjectStore>> OpenS3Store(const StoreOptions& options,
                                                         DatasetCounters* counters) {
  // Before the credentials are looked for: a mistyped source is the first thing to know.
  LARDER_RETURN_IF_ERROR(S3Location::Parse(options.source).status());
  LARDER_ASSIGN_OR_RETURN(AwsConfig config, LoadAwsConfig(options, ProcessEnvironment));
  static SystemClock* const clock = new SystemClock;
  LARDER_ASSIGN_OR_RETURN(auto store, S3Store::Create(options, std::move(config), clock, counters));
  return std::unique_ptr<ObjectStore>(std::move(store));
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_S3_STORE_H_
#define LARDER_REMOTE_S3_STORE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "remote/aws_config.h"
#include "remote/http_fetch.h"
#include "remote/http_session.h"
#include "remote/object_store.h"
#include "remote/s3_url.h"
#include "remote/store_factory.h"

namespace larder::remote {

// ObjectStore over S3 and what speaks it. An object's version is its strong ETag and its size;
// times, to whole seconds, only count where a store gives no ETags. Keys that end in '/' and others
// that are no POSIX names: see s3_listing.h.
//
// List   one ListObjectsV2 a page (delimiter=/, encoding-type=url, kKeysPerPage keys).
// Stat   HEAD of the key and, at the same time, ListObjectsV2 of "key/" with one key: where both
// are there the folder counts.
//        Credentials that may read but not list see files, and PermissionDenied for what is no
//        file.
// An archived object is listed and has attributes; its bytes are PermissionDenied.
class S3Store : public ObjectStore {
 public:
  static constexpr int kKeysPerPage = 1000;  // the protocol's limit
  static constexpr size_t kMaxListingBytes =
      16 << 20;  // 1,000 keys of 1,024 bytes, all encoded, are 3.5 MiB

  // See OpenS3Store. `config` instead of the environment; `clock` (for signatures) and `counters`
  // outlive the store.
  static absl::StatusOr<std::unique_ptr<S3Store>> Create(const StoreOptions& options,
                                                         AwsConfig config, Clock* clock,
                                                         DatasetCounters* counters);

  std::shared_ptr<Transfer> List(absl::string_view path, absl::string_view page,
                                 const RequestOptions& options,
                                 std::function<void(absl::StatusOr<ListPage>)> done) override;
  std::shared_ptr<Transfer> Stat(absl::string_view path, const RequestOptions& options,
                                 std::function<void(absl::StatusOr<Attributes>)> done) override;
  std::shared_ptr<Transfer> ReadRange(absl::string_view path, const ObjectVersion& expected,
                                      ByteRange range, const RequestOptions& options,
                                      std::shared_ptr<RangeSink> sink) override;
  bool supports_ranges() const override { return !ranges_ignored_.load(std::memory_order_relaxed); }
  bool lists_etags() const override { return true; }
  std::string Url(absl::string_view path) const override;

 private:
  S3Store(S3Location location, S3Endpoint endpoint, std::unique_ptr<HttpSession> session);

  HttpRequest ListRequest(absl::string_view prefix, absl::string_view page, int max_keys) const;
  std::string ObjectUrl(absl::string_view path) const;
  absl::StatusOr<ListPage> ReadListing(const HttpAnswer& answer, absl::string_view path,
                                       absl::string_view page);

  const S3Location location_;
  const S3Endpoint endpoint_;
  std::atomic<bool> ranges_ignored_{false};
  std::atomic<bool> warned_of_archived_{false};
  // Last: its end gives Cancelled to calls that use the rest.
  const std::unique_ptr<HttpSession> session_;
};

// OpenStore for s3:// sources, with the environment's configuration (aws_config.h). Errors beside
// those of OpenStore: Unauthenticated where there are no credentials, Unimplemented for those of a
// kind that is not supported yet.
absl::StatusOr<std::unique_ptr<ObjectStore>> OpenS3Store(const StoreOptions& options,
                                                         DatasetCounters* counters);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_S3_STORE_H_

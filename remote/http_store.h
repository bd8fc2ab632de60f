// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_STORE_H_
#define LARDER_REMOTE_HTTP_STORE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/metrics.h"
#include "remote/http_session.h"
#include "remote/object_store.h"
#include "remote/store_factory.h"
#include "remote/url.h"

namespace larder::remote {

// ObjectStore over a folder of a web server. Versions are strong ETags, else Last-Modified, with
// the exact size.
//
// List   GET of the folder (with '/' at its end), whose listing is read by http_listing.h: one
// page. nginx's JSON gives sizes and times; HTML
//        names only. A folder with an index.html shows what that page links to.
// Stat   HEAD without '/' at the end: a redirect to the same with '/' means a folder. Servers
// without HEAD (405, 501) are asked for
//        one byte instead. The root is a folder, or an error that says that it is a file.
class HttpStore : public ObjectStore {
 public:
  // Ten million entries of nginx's JSON would be more, but also more than memory is meant for.
  static constexpr size_t kMaxListingBytes = 512u << 20;

  // `folder_url`: http(s)://host/path, with or without '/' at its end; percent-encoded. Errors:
  // those of OpenStore.
  static absl::StatusOr<std::unique_ptr<HttpStore>> Create(absl::string_view folder_url,
                                                           const StoreOptions& options,
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
  // From the first listing with versions on.
  bool lists_versions() const override { return lists_versions_.load(std::memory_order_relaxed); }
  std::string Url(absl::string_view path) const override;

 private:
  HttpStore(remote::Url root, std::unique_ptr<HttpSession> session, DatasetCounters* counters);

  std::string FolderUrl(absl::string_view path) const;
  void NoteListing(const ListPage& page);

  const remote::Url root_;  // its path ends in '/'
  DatasetCounters* const counters_;
  std::atomic<bool> ranges_ignored_{false};
  std::atomic<bool> lists_versions_{false};
  const std::unique_ptr<HttpSession> session_;  // dies first: its calls use what stands above
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_STORE_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_FAKE_CACHE_H_
#define LARDER_TESTS_TESTING_FAKE_CACHE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/mutex.h"
#include "cache/cache.h"
#include "cache/cached_object.h"

namespace larder::testing {

// An object without bytes. Thread-safe.
class FakeObject : public cache::CachedObject {
 public:
  explicit FakeObject(cache::ObjectSpec spec) : spec_(std::move(spec)) {}

  void SetStale() ABSL_LOCKS_EXCLUDED(mutex_);
  const cache::ObjectSpec& spec() const { return spec_; }

  uint64_t Read(ByteRange range, cache::ReadCallback done) override;
  void Cancel(uint64_t ticket) override {}
  void Touch() override {}
  void Warm(std::function<void(absl::Status)> done) override { done(absl::OkStatus()); }
  remote::ObjectVersion version() const override { return spec_.version; }
  uint64_t cached_bytes() const override { return 0; }
  std::optional<int> BackingFd() override { return std::nullopt; }
  bool stale() const override;

 private:
  const cache::ObjectSpec spec_;
  mutable Mutex mutex_;
  bool stale_ ABSL_GUARDED_BY(mutex_) = false;
};

// What the filesystem sees of a cache: objects by id, refused when their ETag is another than the
// one that the id had, and a real index. Thread-safe.
class FakeCache : public cache::Cache {
 public:
  // `index` is not owned.
  explicit FakeCache(index::Index* index) : index_(index) {}

  void Shutdown() override {}
  absl::StatusOr<std::shared_ptr<cache::CachedObject>> Open(const cache::Dataset& dataset,
                                                            const cache::ObjectSpec& spec) override;
  uint64_t CachedBytes(const Digest& id) override { return 0; }
  uint64_t DatasetBytes(uint64_t dataset) override { return 0; }
  void Retire(const Digest& id, bool replaced) override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<cache::Evicted> Evict(uint64_t dataset, const std::string& path) override {
    return cache::Evicted();
  }
  absl::Status Pin(uint64_t dataset, const std::string& path) override { return absl::OkStatus(); }
  absl::Status Unpin(uint64_t dataset, const std::string& path) override {
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> Pins(uint64_t dataset) override {
    return std::vector<std::string>();
  }
  absl::StatusOr<cache::VerifyProgress> Verify(const cache::VerifyOptions& options,
                                               const cache::VerifyReport& report) override {
    return cache::VerifyProgress();
  }
  cache::CacheStatus GetStatus() override { return {}; }
  absl::Status AdmitCatalog(uint64_t bytes) override { return absl::OkStatus(); }
  index::Index& index() override { return *index_; }

  // As if bytes with this ETag had been cached under `id`.
  void Remember(const Digest& id, const std::string& etag) ABSL_LOCKS_EXCLUDED(mutex_);
  size_t opens() const ABSL_LOCKS_EXCLUDED(mutex_);
  // What was retired, in order: the id in hex, and a "+" where it was replaced.
  std::vector<std::string> retired() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  index::Index* const index_;
  mutable Mutex mutex_;
  size_t opens_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> retired_ ABSL_GUARDED_BY(mutex_);
  // By id, in hex.
  std::map<std::string, std::string> etags_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::weak_ptr<FakeObject>> objects_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_FAKE_CACHE_H_

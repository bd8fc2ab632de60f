// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_CACHE_IMPL_H_
#define LARDER_CACHE_CACHE_IMPL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "cache/cache.h"
#include "cache/core.h"
#include "cache/object.h"
#include "cache/recount.h"

namespace larder::cache {

// Makes the parts, knows which objects are open, and does what has to be done from time to time:
// ends waits at their deadlines, syncs, and tells Space what the index takes. Thread-safe.
class CacheImpl final : public Cache {
 public:
  explicit CacheImpl(const CacheOptions& options) : options_(options) {}
  ~CacheImpl() override;
  absl::Status Start();

  void Shutdown() override;
  absl::StatusOr<std::shared_ptr<CachedObject>> Open(const Dataset& dataset,
                                                     const ObjectSpec& spec) override;
  uint64_t CachedBytes(const Digest& id) override;
  uint64_t DatasetBytes(uint64_t dataset) override;
  void Retire(const Digest& id, bool replaced) override { core_.evictor->Retire(id, replaced); }
  absl::StatusOr<Evicted> Evict(uint64_t dataset, const std::string& path) override;
  absl::Status Pin(uint64_t dataset, const std::string& path) override;
  absl::Status Unpin(uint64_t dataset, const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> Pins(uint64_t dataset) override;
  absl::StatusOr<VerifyProgress> Verify(const VerifyOptions& options,
                                        const VerifyReport& report) override;
  CacheStatus GetStatus() override;
  index::Index& index() override { return *core_.index; }
  absl::Status AdmitCatalog(uint64_t bytes) override;

 private:
  void Tick();
  void TickLoop();
  void CheckIndex();
  absl::Status LoadPins();
  // Tells the evictor which of the dataset's objects are pinned now.
  absl::Status ApplyPins(uint64_t dataset);

  const CacheOptions options_;
  Core core_;

  Mutex mutex_;
  CondVar changed_;
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Recount> recount_;
  std::atomic<uint64_t> catalog_growth_{0};  // since the index was last looked at
  // These are the ticker's alone.
  int ticks_ = 0;
  absl::Time last_checkpoint_;
  bool index_broken_ = false;
  std::thread ticker_;
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_CACHE_IMPL_H_

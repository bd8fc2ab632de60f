// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_DATASET_BYTES_H_
#define LARDER_CACHE_DATASET_BYTES_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"

namespace larder::cache {

// Bytes on disk by dataset. Thread-safe.
class DatasetBytes {
 public:
  void Add(uint64_t dataset, int64_t bytes) {
    MutexLock lock(&mutex_);
    bytes_[dataset] += bytes;
  }
  uint64_t Get(uint64_t dataset) const {
    MutexLock lock(&mutex_);
    const auto found = bytes_.find(dataset);
    return found == bytes_.end() || found->second < 0 ? 0 : static_cast<uint64_t>(found->second);
  }

 private:
  mutable Mutex mutex_;
  // Signed: a block may be dropped before the recount has come to it.
  absl::flat_hash_map<uint64_t, int64_t> bytes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_DATASET_BYTES_H_

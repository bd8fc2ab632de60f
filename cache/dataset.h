// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_DATASET_H_
#define LARDER_CACHE_DATASET_H_

#include <cstdint>

#include "absl/time/time.h"
#include "base/metrics.h"
#include "remote/object_store.h"

namespace larder::cache {

// What the cache must know of a dataset to fill itself from its remote. Owned by the wiring;
// outlives every object of it.
struct Dataset {
  uint64_t id = 0;                              // of its canonical source; part of each object's id
  remote::ObjectStore* store = nullptr;         // not owned
  DatasetCounters* counters = nullptr;          // not owned
  bool readahead = true;                        // false: exactly the blocks that are read
  absl::Duration deadline = absl::Seconds(60);  // of each wait for the remote
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_DATASET_H_

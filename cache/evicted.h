// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_EVICTED_H_
#define LARDER_CACHE_EVICTED_H_

#include <cstdint>

namespace larder::cache {

// What an eviction did.
struct Evicted {
  uint64_t objects = 0;
  uint64_t bytes = 0;
  uint64_t open_objects = 0;  // not freed yet: they are when they are closed
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_EVICTED_H_

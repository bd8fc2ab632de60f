// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BENCH_POLICIES_CACHE_POLICY_H_
#define LARDER_BENCH_POLICIES_CACHE_POLICY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "readahead/eviction_policy.h"

namespace larder::bench {

// One use of an object in a trace.
struct Access {
  uint32_t object = 0;
  uint32_t bytes = 0;
  uint16_t dataset = 0;
  uint8_t job = 0;       // whose hit ratio it counts for
  uint8_t phase = 0;     // which hit ratio it counts for
  bool retires = false;  // not a use: the object is an old version from here on
  // Not a use: the cache starts anew with what it has on disk, and knows nothing of the past.
  bool restarts = false;
};
using Trace = std::vector<Access>;

// A simulated cache. Objects take their bytes rounded up to 4 KiB.
class CachePolicy {
 public:
  virtual ~CachePolicy() = default;
  // Whether the object was in the cache; what is fetched then is as the policy decides.
  virtual bool Use(const Access& access) = 0;
  virtual void Retire(uint32_t /*object*/) {}
  virtual void Restart() {}
  // What it knows of the traffic.
  virtual std::string Note() const { return ""; }
};

// Whether it was a use; if so, *hit says what came of it.
inline bool Play(const Access& access, CachePolicy& policy, bool* hit) {
  if (access.retires) {
    policy.Retire(access.object);
  } else if (access.restarts) {
    policy.Restart();
  } else {
    *hit = policy.Use(access);
    return true;
  }
  return false;
}

inline uint64_t SizeOf(const Access& access) {
  return (uint64_t{access.bytes} + 4095) / 4096 * 4096;
}

std::unique_ptr<CachePolicy> MakeLru(uint64_t capacity_bytes);
std::unique_ptr<CachePolicy> MakeFifo(uint64_t capacity_bytes);
// Zhang et al., NSDI '24.
std::unique_ptr<CachePolicy> MakeSieve(uint64_t capacity_bytes);
// Yang et al., SOSP '23: a small queue of a tenth, a main queue, a ghost queue of as many keys as
// the main queue has objects.
std::unique_ptr<CachePolicy> MakeS3Fifo(uint64_t capacity_bytes);
// Belady's MIN, which may also not admit: what is used furthest from now gives way. Optimal where
// all objects have one size; a good bound else. `trace` outlives it, and is what it is used with.
std::unique_ptr<CachePolicy> MakeOptimal(uint64_t capacity_bytes, const Trace& trace);
// The cache's own code. `spare_bytes` more than needed is freed each time, as the cache does.
std::unique_ptr<CachePolicy> MakeLarder(uint64_t capacity_bytes, uint64_t spare_bytes = 0);

// The key under which object number `object` is known to readahead::EvictionPolicy.
readahead::ObjectKey KeyOf(uint32_t object);

}  // namespace larder::bench

#endif  // LARDER_BENCH_POLICIES_CACHE_POLICY_H_

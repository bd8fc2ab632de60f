// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_READAHEAD_EVICTION_POLICY_H_
#define LARDER_READAHEAD_EVICTION_POLICY_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace larder::readahead {

// The first 64 bits of an object's id.
using ObjectKey = uint64_t;

struct EvictionOptions {
  uint64_t capacity_bytes = 0;  // what the objects of all datasets may take together
};

// What the traffic of a dataset looks like, and so how it is cached.
enum class TrafficClass {
  kUnknown,    // not seen enough; treated as an epoch scan, which does no harm
  kEpochScan,  // each object once a pass, shuffled or in order: fill, then hold
  kSkewed,     // some objects much more often than others: newcomers push out what is cold
};
absl::string_view TrafficClassName(TrafficClass traffic);  // "unknown", "epochs", "skewed"

// One use of an object: it was opened while nobody had it open. Reads in passthrough are not seen,
// opens are.
struct ObjectUse {
  ObjectKey key = 0;
  uint64_t dataset = 0;
  uint64_t bytes = 0;  // of the whole object
  absl::Time at;
};

// Decides which objects are worth their place on disk: whether a newcomer that finds no room gets
// some, and which object makes it. Pure: no I/O, no clock, deterministic. Not thread-safe.
//
// The caller tells of each use before it looks on disk, of all that comes to disk and goes, and
// asks for victims when room is missing. While there is room everything is admitted.
class EvictionPolicy {
 public:
  static std::unique_ptr<EvictionPolicy> Create(const EvictionOptions& options);
  virtual ~EvictionPolicy() = default;

  // The room for objects shrinks as the index grows.
  virtual void SetCapacity(uint64_t capacity_bytes) = 0;

  // An object was used, whether or not any of it is on disk.
  virtual void Use(const ObjectUse& use) = 0;

  // `bytes` more of the object are on disk. The first call for a key enters it, as the newest.
  virtual void Add(ObjectKey key, uint64_t dataset, uint64_t bytes) = 0;
  // `bytes` fewer (a block went bad); the object stays.
  virtual void Subtract(ObjectKey key, uint64_t bytes) = 0;
  // Nothing of it is on disk any more. Unknown keys are fine.
  virtual void Remove(ObjectKey key) = 0;

  // A version that nobody can open any more: the first to go. Unknown keys are fine.
  virtual void Retire(ObjectKey key) = 0;
  // Pinned objects are never victims. Unknown keys are fine.
  virtual void SetPinned(ObjectKey key, bool pinned) = 0;

  // The object that makes room for `newcomer`, which was used just now; nullopt: nothing should
  // give way to it. The victim stays in the books until Remove; a caller that can't evict it (it is
  // open) just asks again, and is told another one: no key comes twice within one search, which
  // ends with nullopt or with BeginSearch.
  virtual std::optional<ObjectKey> NextVictim(const ObjectUse& newcomer) = 0;
  // The same where room must be made, whatever it costs: a smaller quota, a disk that others fill.
  virtual std::optional<ObjectKey> NextForcedVictim(absl::Time now) = 0;
  virtual void BeginSearch() = 0;

  virtual TrafficClass Class(uint64_t dataset) const = 0;
  // Objects in the books, and the memory that the books take.
  virtual uint64_t objects() const = 0;
  virtual uint64_t memory_bytes() const = 0;
};

}  // namespace larder::readahead

#endif  // LARDER_READAHEAD_EVICTION_POLICY_H_

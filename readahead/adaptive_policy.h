// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_READAHEAD_ADAPTIVE_POLICY_H_
#define LARDER_READAHEAD_ADAPTIVE_POLICY_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "readahead/eviction_policy.h"
#include "readahead/recent_hits.h"
#include "readahead/recently_evicted.h"
#include "readahead/resident_table.h"
#include "readahead/traffic_classifier.h"

namespace larder::readahead {

// The policy that the cache uses. Who gives way, in this order:
//
//  1. retired objects;
//  2. datasets not used for six hours, the longest unused first;
//  3. datasets not used while the others used twice the capacity, or more than their objects are
//     ever apart;
//  4. in datasets of epoch scans, objects that were not used for longer than wanted ones are
//     (TrafficClassifier::ReuseLimitUnits): a job has ended, or a single pass went by;
//  5. where another dataset holds clearly more than the newcomer's: that one's, so that active
//     datasets share the disk evenly, as far as each needs it;
//  6. in a skewed dataset: what SIEVE finds (Zhang et al., NSDI '24), with a second hand for what
//     was hot long ago, and a memory for what was evicted too early;
//  7. in one of epoch scans: nothing, except that an eighth of the bytes missed take the place of
//     the objects hit last. Both will be needed again one pass from now, so that costs no hits; but
//     it moves room from jobs that hit often to jobs that miss often, until all hit alike.
//
// 3 to 5 and 7 are for newcomers that are likely to be used again, since a good part of what was
// missed lately was. What a single pass brings finds free room only, or that of an inactive dataset
// of which each object was used once, too. What was on disk at a start counts as used repeatedly.
//
// The books take about 25 bytes an object. All calls take amortized constant time, times the number
// of datasets where victims are searched.
class AdaptivePolicy final : public EvictionPolicy {
 public:
  explicit AdaptivePolicy(const EvictionOptions& options);

  void SetCapacity(uint64_t capacity_bytes) override;
  void Use(const ObjectUse& use) override;
  void Add(ObjectKey key, uint64_t dataset, uint64_t bytes) override;
  void Subtract(ObjectKey key, uint64_t bytes) override;
  void Remove(ObjectKey key) override;
  void Retire(ObjectKey key) override;
  void SetPinned(ObjectKey key, bool pinned) override;
  std::optional<ObjectKey> NextVictim(const ObjectUse& newcomer) override;
  std::optional<ObjectKey> NextForcedVictim(absl::Time now) override;
  void BeginSearch() override;
  TrafficClass Class(uint64_t dataset) const override;
  uint64_t objects() const override { return residents_.objects(); }
  uint64_t memory_bytes() const override;

 private:
  struct Dataset {
    uint64_t id = 0;
    uint32_t queue = 0;
    TrafficClassifier traffic;
    RecentHits recent_hits;
    RecentlyEvicted evicted;      // kept while the traffic is skewed
    uint64_t evictions = 0;       // while it is
    int64_t exchange_credit = 0;  // above 0: objects may be exchanged now
    // Adds and misses of objects that were not here. More objects than were missed: they are of a
    // run before this one, and what they were used for is not known.
    uint64_t objects_added = 0;
    uint64_t misses = 0;
    bool restored = false;
    uint64_t last_used = 0;  // total_clock_
    absl::Time last_used_at;
    // The round of the hand that looks for dead objects.
    uint64_t round_steps = 0;    // left; 0: none is under way
    uint64_t next_round_at = 0;  // traffic.clock()
    // What is left to each search of going round all objects.
    uint64_t search = 0;
    uint64_t dead_steps = 0;
    uint64_t sieve_steps = 0;
    uint64_t sweep_steps = 0;
  };
  struct OfferedHit {  // a victim taken from the recent hits of dataset `donor`
    ObjectKey key = 0;
    uint64_t donor = 0;
    uint64_t charged = 0;  // the dataset whose credit paid for it
    int64_t units = 0;
  };
  using Slot = ResidentTable::Slot;
  using Newcomer = std::optional<ObjectKey>;  // nullopt: a forced search has none

  static uint64_t UnitsOf(uint64_t bytes);
  Dataset& FindOrAddDataset(uint64_t id);
  void DropUnusedDataset();
  void SetClockShift();
  void Advance(absl::Time now);
  uint32_t Stamp(uint64_t clock) const { return static_cast<uint32_t>(clock >> clock_shift_); }

  // Each returns a victim, or kNone.
  Slot NextRetired(Newcomer newcomer);
  Slot NextOfIdle(Newcomer newcomer);
  // `proven`: also objects that were used repeatedly.
  Slot NextOfInactive(Newcomer newcomer, bool proven);
  Slot NextDeadOf(Dataset& dataset, Newcomer newcomer);
  // `wanted_again`: the newcomer is likely to be used again.
  Slot NextByClass(Dataset& dataset, const ObjectUse& newcomer, bool wanted_again);
  // What a dataset gives when it must: by its class, then anything.
  Slot NextOfDonor(Dataset& dataset, Newcomer newcomer);
  Slot NextSieve(Dataset& dataset, Newcomer newcomer);
  Slot NextRecentHit(Dataset& dataset, Newcomer newcomer);
  Slot Sweep(Dataset& dataset, ResidentTable::Hand hand, uint64_t* steps, Newcomer newcomer);

  // The dataset that holds most, if that is clearly more than `dataset` does.
  Dataset* FindDonor(const Dataset& dataset, uint64_t units);
  bool Inactive(const Dataset& dataset) const;
  // Whether its objects were used repeatedly, as far as is known.
  bool Proven(const Dataset& dataset) const {
    return dataset.restored || dataset.traffic.EverReused();
  }
  bool HasCandidates(const Dataset& dataset) const;
  // Draws, with a chance in 1/256.
  bool Lucky(const Dataset& dataset, ObjectKey newcomer, uint32_t chance) const;
  // Whether the object may be a victim, and was not yet in this search.
  bool Accept(Slot slot, Newcomer newcomer);
  void EnterSearch(Dataset& dataset);
  Slot OfferByHand(Slot slot, ResidentTable::Hand hand);
  void EarnExchange(Dataset& dataset, uint64_t units) const;
  std::optional<ObjectKey> KeyOf(Slot slot);

  uint64_t capacity_units_ = 0;
  uint64_t shift_capacity_units_ = 0;  // for which clock_shift_ was chosen
  int clock_shift_ = 0;
  uint64_t total_clock_ = 0;  // units used in all datasets
  absl::Time now_ = absl::InfinitePast();
  absl::Time started_at_ = absl::InfinitePast();  // the first time that was told

  ResidentTable residents_;
  std::vector<std::unique_ptr<Dataset>> datasets_;
  std::vector<Dataset*> datasets_by_queue_;
  absl::flat_hash_map<uint64_t, Dataset*> datasets_by_id_;
  std::deque<ObjectKey> retired_;  // some are gone, or pinned

  uint64_t search_ = 1;
  absl::flat_hash_set<ObjectKey> searched_;
  std::vector<OfferedHit> offered_hits_;  // in this search
  bool offered_by_hand_ = false;          // the last victim
  ResidentTable::Hand offered_hand_ = ResidentTable::kDead;
  size_t retired_left_ = 0;  // to look at in this search
};

}  // namespace larder::readahead

#endif  // LARDER_READAHEAD_ADAPTIVE_POLICY_H_

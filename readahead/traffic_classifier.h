// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0

#ifndef LARDER_READAHEAD_TRAFFIC_CLASSIFIER_H_
#define LARDER_READAHEAD_TRAFFIC_CLASSIFIER_H_

#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "readahead/eviction_policy.h"

namespace larder::readahead {

// Learns from the uses of one dataset what its traffic looks like: the class, how long an object
// goes unused while it is still wanted, and whether newcomers come back at all.
//
// It keeps a sample of the keys, chosen by their hash (as SHARDS does: Waldspurger et al., FAST
// '15), of at most 2,048, and of each the last use and the last interval between uses. Intervals
// are measured on the dataset's own clock, the units of 4 KiB used in it so far, so that neither
// pauses nor the speed of other datasets change them.
//
// Two questions tell the classes apart. Are intervals irregular: does an object's next interval
// differ from its last by more than a factor of three? In passes over a dataset few do, whatever
// the order, and however different the speeds of jobs that share it; of independent draws half do.
// And are uses uneven: is an object that was used likelier to be used than others are? Draws from
// all alike are irregular, but no policy can tell their objects apart. What is irregular and uneven
// is skewed. A class holds until two windows in a row speak for another.
//
// Pure: no I/O, no clock. Deterministic. Not thread-safe.
class TrafficClassifier {
 public:
  // Uses of an object that are nearer than this (units) count as one: other workers, opening the
  // same object.
  void SetCorrelatedUnits(uint64_t units) { correlated_units_ = units; }

  // An object was used; `resident`: some of it was on disk.
  void Use(ObjectKey key, uint64_t units, bool resident);

  // Units used so far.
  uint64_t clock() const { return clock_; }
  TrafficClass traffic() const { return class_; }

  // An object that was not used for longer than this, on clock(), is not wanted any more. nullopt:
  // not known, since too few objects were used twice.
  std::optional<uint64_t> ReuseLimitUnits() const;
  // Objects of this dataset are used again (and not only once, as in a single pass).
  bool Reused() const { return reused_share_ >= kShareOne / 4; }
  // Objects of this dataset were ever used again.
  bool EverReused() const { return ever_reused_; }
  // How likely it is that an object which was used just now, and is not on disk, will be used
  // again: the part of the last such uses that were not their object's first; in 1/256. 0 where it
  // is less than a quarter: that is how a pass over what is new looks.
  uint32_t ReuseChance() const;

  uint64_t memory_bytes() const;

 private:
  struct Sample {
    uint64_t last = 0;      // clock after the last use
    uint64_t interval = 0;  // between the last two uses; 0: used once
    uint32_t window = 0;    // the last window that counted it
    uint16_t uses = 0;      // in this class window
  };
  struct ClassWindow {
    uint64_t uses = 0;
    uint64_t pairs = 0;      // intervals that could be compared with the one before
    uint64_t irregular = 0;  // of these
  };

  static constexpr uint32_t kShareOne = 256;
  static constexpr int32_t kMissShareOne = 1 << 20;

  bool Sampled(ObjectKey key) const;
  void CountMiss(bool seen_before);
  void CountInWindow(Sample& sample);
  void EndWindow();
  void LearnLimit();
  void RaiseLimit(uint64_t interval);
  void SampleMore();
  void EndClassWindow();
  void MakeRoom();

  uint64_t clock_ = 0;
  uint64_t correlated_units_ = 0;
  absl::flat_hash_map<ObjectKey, Sample> samples_;
  uint64_t sampled_below_ = UINT64_MAX;  // hashes of the keys in the sample
  uint64_t sampled_more_at_ = 0;

  uint32_t window_ = 1;
  uint32_t window_uses_ = 0;
  uint32_t window_keys_ = 0;
  uint32_t window_reused_keys_ = 0;
  uint32_t reused_share_ = 0;  // of the keys used lately, those used before; in 1/256
  std::optional<uint64_t> limit_;
  uint64_t limit_learned_at_ = 0;

  bool ever_reused_ = false;

  // Of the last uses that found nothing on disk, the part that were of keys that were known.
  int32_t known_misses_share_ = 0;  // of kMissShareOne

  TrafficClass class_ = TrafficClass::kUnknown;
  TrafficClass voted_ = TrafficClass::kUnknown;  // by the last window
  ClassWindow class_window_;
};

}  // namespace larder::readahead

#endif  // LARDER_READAHEAD_TRAFFIC_CLASSIFIER_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "readahead/traffic_classifier.h"

#include <algorithm>
#include <vector>

namespace larder::readahead {
namespace {

// 2,048 keys cost 140 KB, and give the share of c to about .01.
constexpr size_t kMaxSamples = 2048;

// A window is long enough to tell shares to .05, and short in a dataset of few objects.
constexpr uint32_t kMinWindowUses = 32;
constexpr uint32_t kMaxWindowUses = 512;

// Uses, and compared intervals, after which the class is voted on.
constexpr uint64_t kClassWindowUses = 256;
constexpr uint64_t kClassWindowPairs = 128;

// Of the intervals of a fresh shuffle each pass .18 are irregular (.15 to .26 in datasets of few
// objects), of independent draws .45 to .52.
constexpr uint64_t kIrregularPercent = 38;
constexpr uint64_t kRegularPercent = 30;
// Uneven: .95 to 1.06 where all objects are alike, 7 to 11 for Zipf .7.
constexpr uint64_t kUnevenPercent = 150;
constexpr uint64_t kEvenPercent = 120;

uint64_t Hash(ObjectKey key) {
  key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9u;
  key = (key ^ (key >> 27)) * 0x94D049BB133111EBu;
  return key ^ (key >> 31);
}

}  // namespace

bool TrafficClassifier::Sampled(ObjectKey key) const { return Hash(key) <= sampled_below_; }

void TrafficClassifier::Use(ObjectKey key, uint64_t units, bool resident) {
  const uint64_t before = clock_;
  clock_ += units;
  if (!Sampled(key)) return;
  auto found = samples_.find(key);
  if (found == samples_.end()) {
    if (samples_.size() >= kMaxSamples) MakeRoom();
    if (!Sampled(key)) return;
    found = samples_.try_emplace(key).first;
    found->second.last = clock_;
    if (!resident) CountMiss(/*seen_before=*/false);
    CountInWindow(found->second);
    return;
  }
  Sample& sample = found->second;
  if (before - sample.last <= correlated_units_) return;
  const uint64_t interval = clock_ - sample.last;
  if (sample.interval != 0) {
    ++class_window_.pairs;
    if (std::max(interval, sample.interval) / 3 > std::min(interval, sample.interval)) {
      ++class_window_.irregular;
    }
  }
  sample.interval = interval;
  sample.last = clock_;
  if (!resident) {
    CountMiss(/*seen_before=*/true);
  } else if (limit_.has_value() && interval > *limit_) {
    RaiseLimit(interval);
  }
  CountInWindow(sample);
}

std::optional<uint64_t> TrafficClassifier::ReuseLimitUnits() const {
  // In the first passes no interval can be longer than the clock, and the longest are yet to come:
  // a limit learned a while ago would be behind the ages of what is wanted still.
  if (limit_.has_value() && clock_ < 2 * *limit_) return *limit_ + (clock_ - limit_learned_at_);
  return limit_;
}

uint32_t TrafficClassifier::ReuseChance() const {
  if (known_misses_share_ < kMissShareOne / 4) return 0;
  constexpr int32_t kStep = kMissShareOne / kShareOne;
  return (known_misses_share_ + kStep / 2) / kStep;
}

uint64_t TrafficClassifier::memory_bytes() const {
  return sizeof(*this) + samples_.capacity() * (sizeof(std::pair<ObjectKey, Sample>) + 1);
}

void TrafficClassifier::CountMiss(bool seen_before) {
  // Nine in a row make a quarter, and after a job that missed what it knew, 44 first uses end it:
  // soon enough that a job's objects do not look dead before, even if there are but 40.
  constexpr int32_t kMemory = 32;
  known_misses_share_ += ((seen_before ? kMissShareOne : 0) - known_misses_share_) / kMemory;
}

void TrafficClassifier::CountInWindow(Sample& sample) {
  if (sample.uses < UINT16_MAX) ++sample.uses;
  ++class_window_.uses;
  if (sample.window != window_) {
    sample.window = window_;
    ++window_keys_;
    if (sample.interval != 0) ++window_reused_keys_;
  }
  const uint32_t length = std::clamp<uint32_t>(samples_.size(), kMinWindowUses, kMaxWindowUses);
  if (++window_uses_ >= length) EndWindow();
  if (class_window_.uses >= std::max<uint64_t>(samples_.size(), kClassWindowUses) &&
      class_window_.pairs >= kClassWindowPairs) {
    EndClassWindow();
  }
}

void TrafficClassifier::EndWindow() {
  const uint32_t share = kShareOne * window_reused_keys_ / std::max(window_keys_, 1u);
  reused_share_ = (reused_share_ + share) / 2;
  if (share >= kShareOne / 2) {
    LearnLimit();
  } else if (limit_.has_value() && clock_ - limit_learned_at_ > 8 * *limit_) {
    limit_.reset();  // what it was learned from is long over
  }
  ++window_;
  window_uses_ = window_keys_ = window_reused_keys_ = 0;
}

void TrafficClassifier::LearnLimit() {
  // By keys and not by uses, so that a slow job's objects weigh as much as a fast one's.
  std::vector<uint64_t> intervals;
  for (const auto& [key, sample] : samples_) {
    if (sample.interval == 0) continue;
    if (limit_.has_value() && clock_ - sample.last > 2 * *limit_) continue;
    intervals.push_back(sample.interval);
  }
  if (intervals.size() < kMinWindowUses / 4) return;
  const auto high = intervals.begin() + (intervals.size() - 1) * 98 / 100;
  std::nth_element(intervals.begin(), high, intervals.end());
  // In shuffled passes the 98th percentile is 1.8 passes, and none is over 2.
  limit_ = *high + *high / 3;
  limit_learned_at_ = clock_;
  ever_reused_ = true;
  if (intervals.size() < kMaxSamples / 8) SampleMore();
}

void TrafficClassifier::RaiseLimit(uint64_t interval) {
  // It looked dead and was not: its job comes back from a pause, in which others used the dataset.
  // The rest of its objects are to be kept till the intervals are learned anew.
  limit_ = interval + interval / 3;
}

void TrafficClassifier::SampleMore() {
  if (sampled_below_ == UINT64_MAX || clock_ - sampled_more_at_ < *limit_) return;
  sampled_more_at_ = clock_;
  sampled_below_ = sampled_below_ * 2 + 1;
}

void TrafficClassifier::EndClassWindow() {
  uint64_t keys = 0;  // that are wanted still
  uint64_t uses = 0;
  uint64_t again = 0;
  for (auto& [key, sample] : samples_) {
    if (!limit_.has_value() || clock_ - sample.last <= *limit_) ++keys;
    if (sample.uses == 0) continue;
    uses += sample.uses;
    again += uint64_t{sample.uses} * (sample.uses - 1);
    sample.uses = 0;
  }
  const uint64_t irregular = 100 * class_window_.irregular / class_window_.pairs;
  const uint64_t uneven = 100 * keys * again / std::max<uint64_t>(uses * uses, 1);
  class_window_ = ClassWindow();
  TrafficClass vote = class_;
  if (irregular >= kIrregularPercent && uneven >= kUnevenPercent) vote = TrafficClass::kSkewed;
  if (irregular <= kRegularPercent || uneven <= kEvenPercent) vote = TrafficClass::kEpochScan;
  if (vote == voted_) class_ = vote;
  voted_ = vote;
}

void TrafficClassifier::MakeRoom() {
  if (limit_.has_value()) {
    const uint64_t horizon = 8 * *limit_;
    absl::erase_if(samples_,
                   [&](const auto& entry) { return clock_ - entry.second.last > horizon; });
  }
  while (samples_.size() > kMaxSamples * 3 / 4) {
    sampled_below_ /= 2;
    absl::erase_if(samples_, [&](const auto& entry) { return !Sampled(entry.first); });
  }
}

}  // namespace larder::readahead

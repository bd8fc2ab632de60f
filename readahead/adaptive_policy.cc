// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "readahead/adaptive_policy.h"

#include <algorithm>
#include <bit>

namespace larder::readahead {
namespace {

constexpr uint64_t kUnitBytes = 4096;

// Opens of one object within this part of the capacity are one use: workers that share it. Larger,
// it would hide what SIEVE lives on: what is used again soon.
constexpr uint64_t kCorrelatedPart = 1024;
// Stamps resolve a quarter of that.
constexpr uint64_t kStampPart = 4096;

// As many keys are remembered after their eviction as this part of a skewed dataset's objects.
constexpr uint64_t kEvictedPart = 8;

// Datasets of which nothing is on disk are remembered up to this many.
constexpr size_t kMaxDatasetsWithoutObjects = 64;

}  // namespace

uint64_t AdaptivePolicy::UnitsOf(uint64_t bytes) {
  return std::min<uint64_t>(bytes / kUnitBytes + (bytes % kUnitBytes != 0), Resident::kMaxUnits);
}

AdaptivePolicy::AdaptivePolicy(const EvictionOptions& options) {
  SetCapacity(options.capacity_bytes);
}

void AdaptivePolicy::SetCapacity(uint64_t capacity_bytes) {
  capacity_units_ = capacity_bytes / kUnitBytes;
  for (const auto& dataset : datasets_) {
    dataset->traffic.SetCorrelatedUnits(capacity_units_ / kCorrelatedPart);
  }
  if (capacity_units_ / 4 > shift_capacity_units_ || capacity_units_ < shift_capacity_units_ / 4) {
    SetClockShift();
  }
}

void AdaptivePolicy::SetClockShift() {
  shift_capacity_units_ = capacity_units_;
  const int old_shift = clock_shift_;
  clock_shift_ = std::bit_width(capacity_units_ / kStampPart);
  for (const auto& dataset : datasets_) {
    // Ages are kept, in the new resolution.
    const uint64_t clock = dataset->traffic.clock();
    const uint32_t old_now = static_cast<uint32_t>(clock >> old_shift);
    uint64_t steps = residents_.slots(dataset->queue) * 2;
    for (uint64_t left = residents_.objects(dataset->queue); left > 0; --left) {
      const Slot slot = residents_.Next(dataset->queue, ResidentTable::kSweep, &steps);
      if (slot == ResidentTable::kNone) break;
      Resident& resident = residents_.at(slot);
      const uint64_t age = uint64_t{old_now - resident.stamp} << old_shift;
      resident.stamp = Stamp(clock) - static_cast<uint32_t>(age >> clock_shift_);
    }
  }
}

void AdaptivePolicy::Advance(absl::Time now) {
  if (started_at_ == absl::InfinitePast()) started_at_ = now;
  now_ = std::max(now_, now);
}

void AdaptivePolicy::Use(const ObjectUse& use) {
  Advance(use.at);
  Dataset& dataset = FindOrAddDataset(use.dataset);
  const uint64_t units = std::max<uint64_t>(UnitsOf(use.bytes), 1);
  const uint32_t before = Stamp(dataset.traffic.clock());
  const Slot slot = residents_.Find(use.key);
  const bool resident = slot != ResidentTable::kNone;
  dataset.traffic.Use(use.key, units, resident);
  total_clock_ += units;
  dataset.last_used = total_clock_;
  dataset.last_used_at = now_;
  if (!resident) {
    ++dataset.misses;
    EarnExchange(dataset, units);
  }
  if (!resident || residents_.QueueOf(slot) != dataset.queue) return;
  Resident& found = residents_.at(slot);
  if (before - found.stamp <= (capacity_units_ / kCorrelatedPart) >> clock_shift_) return;
  found.stamp = Stamp(dataset.traffic.clock());
  found.used = 1;
  dataset.recent_hits.Push(use.key);
}

void AdaptivePolicy::Add(ObjectKey key, uint64_t dataset_id, uint64_t bytes) {
  Slot slot = residents_.Find(key);
  if (slot == ResidentTable::kNone) {
    Dataset& dataset = FindOrAddDataset(dataset_id);
    slot = residents_.Insert(key, dataset.queue);
    residents_.at(slot).stamp = Stamp(dataset.traffic.clock());
    if (dataset.evicted.Take(key)) residents_.at(slot).used = 1;
    if (++dataset.objects_added > dataset.misses) dataset.restored = true;
  }
  residents_.SetUnits(slot, residents_.at(slot).units + UnitsOf(bytes));
}

void AdaptivePolicy::Subtract(ObjectKey key, uint64_t bytes) {
  const Slot slot = residents_.Find(key);
  if (slot == ResidentTable::kNone) return;
  const uint64_t units = residents_.at(slot).units;
  residents_.SetUnits(slot, units - std::min(units, UnitsOf(bytes)));
}

void AdaptivePolicy::Remove(ObjectKey key) {
  const Slot slot = residents_.Find(key);
  if (slot == ResidentTable::kNone) return;
  Dataset& dataset = *datasets_by_queue_[residents_.QueueOf(slot)];
  if (dataset.traffic.traffic() == TrafficClass::kSkewed) {
    ++dataset.evictions;
    dataset.evicted.Fit(residents_.objects(dataset.queue) / kEvictedPart);
    dataset.evicted.Insert(key);
  }
  residents_.Erase(slot);
}

void AdaptivePolicy::Retire(ObjectKey key) {
  const Slot slot = residents_.Find(key);
  if (slot == ResidentTable::kNone || residents_.at(slot).retired) return;
  residents_.at(slot).retired = 1;
  retired_.push_back(key);
}

void AdaptivePolicy::SetPinned(ObjectKey key, bool pinned) {
  const Slot slot = residents_.Find(key);
  if (slot == ResidentTable::kNone) return;
  // NextRetired drops those that are pinned.
  const bool unpinned = residents_.at(slot).pinned && !pinned;
  residents_.SetPinned(slot, pinned);
  if (unpinned && residents_.at(slot).retired) retired_.push_back(key);
}

TrafficClass AdaptivePolicy::Class(uint64_t dataset) const {
  const auto found = datasets_by_id_.find(dataset);
  return found == datasets_by_id_.end() ? TrafficClass::kUnknown : found->second->traffic.traffic();
}

uint64_t AdaptivePolicy::memory_bytes() const {
  uint64_t bytes = sizeof(*this) + residents_.memory_bytes() +
                   (retired_.size() + searched_.capacity()) * (sizeof(ObjectKey) + 1) +
                   offered_hits_.capacity() * sizeof(OfferedHit);
  for (const auto& dataset : datasets_) {
    bytes += sizeof(Dataset) + dataset->traffic.memory_bytes() +
             dataset->recent_hits.memory_bytes() + dataset->evicted.memory_bytes() +
             5 * sizeof(uint64_t);
  }
  return bytes;
}

AdaptivePolicy::Dataset& AdaptivePolicy::FindOrAddDataset(uint64_t id) {
  Dataset*& found = datasets_by_id_[id];
  if (found != nullptr) return *found;
  auto dataset = std::make_unique<Dataset>();
  dataset->id = id;
  dataset->queue = residents_.AddQueue();
  dataset->traffic.SetCorrelatedUnits(capacity_units_ / kCorrelatedPart);
  dataset->last_used = total_clock_;
  dataset->last_used_at = now_;
  found = dataset.get();
  datasets_by_queue_.resize(std::max<size_t>(datasets_by_queue_.size(), dataset->queue + 1));
  datasets_by_queue_[dataset->queue] = found;
  datasets_.push_back(std::move(dataset));
  Dataset& added = *datasets_.back();
  DropUnusedDataset();
  return added;
}

void AdaptivePolicy::DropUnusedDataset() {
  size_t without_objects = 0;
  size_t oldest = 0;
  // The last one was added just now.
  for (size_t i = 0; i + 1 < datasets_.size(); ++i) {
    if (residents_.objects(datasets_[i]->queue) != 0) continue;
    if (++without_objects == 1 || datasets_[i]->last_used < datasets_[oldest]->last_used) {
      oldest = i;
    }
  }
  if (without_objects < kMaxDatasetsWithoutObjects) return;
  residents_.DropQueue(datasets_[oldest]->queue);
  datasets_by_id_.erase(datasets_[oldest]->id);
  datasets_.erase(datasets_.begin() + oldest);
}

}  // namespace larder::readahead

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0

// How AdaptivePolicy finds victims: each step of its order is a function that returns the next
// victim of that kind, and costs next to nothing once there is none left.

#include <algorithm>

#include "readahead/adaptive_policy.h"

namespace larder::readahead {
namespace {

// A lunch or a long evaluation does not make a dataset idle, a night does.
constexpr absl::Duration kIdleAfter = absl::Hours(6);
// Without this, a pass over another dataset would end a job's hold while it pauses.
constexpr uint64_t kInactiveCapacities = 2;

constexpr int64_t kCertain = 256;  // a chance

// The part of the bytes missed that is exchanged for objects hit last. They are read from the
// remote anyway; that they are written, too, makes an eighth of what LRU writes.
constexpr int64_t kExchangePart = 8;
// Credit is counted so finely that each unit missed earns what its chance of reuse (1/256) is.
constexpr int64_t kCreditPerUnit = kCertain * kExchangePart;
// What may be saved up, as part of the capacity.
constexpr uint64_t kMaxCreditPart = 64;
constexpr uint64_t kMaxCreditUnits = uint64_t{1} << 40;  // 4 PiB

// A donor holds more than the newcomer's dataset by this part, lest two give to each other in turn.
constexpr uint64_t kDonorPart = 16;

// Slots that one call looks at when it searches for dead objects; some 5 us.
constexpr uint64_t kDeadSteps = 4096;
// Used objects that SIEVE's hand passes in one call before it takes the next it may; some 100 us.
constexpr uint64_t kSieveSteps = 65536;
// SIEVE's hand lingers among the newest, and what is old and was hot keeps its place meanwhile. So
// each 64th victim is found by a second hand, which goes round all. With that, and newcomers that
// were evicted not long ago taken as used, hit ratios on Zipf traces are .99 to 1.05 times the
// better one of SIEVE and S3-FIFO, which alone fall behind each other by up to .025.
constexpr uint64_t kAgeTurn = 64;
// Rounds for dead objects are this part of their limit apart.
constexpr uint64_t kRoundPart = 16;

}  // namespace

void AdaptivePolicy::BeginSearch() {
  // Hits that were offered and not evicted are hits still, and cost nothing.
  for (auto hit = offered_hits_.rbegin(); hit != offered_hits_.rend(); ++hit) {
    const Slot slot = residents_.Find(hit->key);
    if (slot == ResidentTable::kNone) continue;
    const auto donor = datasets_by_id_.find(hit->donor);
    if (donor != datasets_by_id_.end()) donor->second->recent_hits.Push(hit->key);
    const auto charged = datasets_by_id_.find(hit->charged);
    if (charged != datasets_by_id_.end())
      charged->second->exchange_credit += kCreditPerUnit * hit->units;
  }
  offered_hits_.clear();
  // A search that was given up at its first victim was a question only: the next finds the same.
  if (searched_.size() == 1 && offered_by_hand_) {
    const Slot slot = residents_.Find(*searched_.begin());
    if (slot != ResidentTable::kNone) residents_.StepBack(slot, offered_hand_);
  }
  offered_by_hand_ = false;
  searched_.clear();
  retired_left_ = retired_.size();
  ++search_;
}

std::optional<ObjectKey> AdaptivePolicy::NextVictim(const ObjectUse& newcomer) {
  Advance(newcomer.at);
  Dataset& dataset = FindOrAddDataset(newcomer.dataset);
  Slot slot = NextRetired(newcomer.key);
  if (slot == ResidentTable::kNone) slot = NextOfIdle(newcomer.key);
  const bool wanted_again = Lucky(dataset, newcomer.key, dataset.traffic.ReuseChance());
  if (slot == ResidentTable::kNone) slot = NextOfInactive(newcomer.key, wanted_again);
  if (slot == ResidentTable::kNone && wanted_again) {
    slot = NextDeadOf(dataset, newcomer.key);
    for (size_t i = 0; i < datasets_.size() && slot == ResidentTable::kNone; ++i) {
      slot = NextDeadOf(*datasets_[i], newcomer.key);
    }
  }
  if (slot == ResidentTable::kNone) slot = NextByClass(dataset, newcomer, wanted_again);
  return KeyOf(slot);
}

std::optional<ObjectKey> AdaptivePolicy::NextForcedVictim(absl::Time now) {
  Advance(now);
  Slot slot = NextRetired(std::nullopt);
  if (slot == ResidentTable::kNone) slot = NextOfIdle(std::nullopt);
  if (slot == ResidentTable::kNone) slot = NextOfInactive(std::nullopt, /*proven=*/true);
  if (slot != ResidentTable::kNone) return KeyOf(slot);
  std::vector<Dataset*> largest_first;
  for (const auto& dataset : datasets_) {
    if (HasCandidates(*dataset)) largest_first.push_back(dataset.get());
  }
  std::stable_sort(largest_first.begin(), largest_first.end(), [this](Dataset* a, Dataset* b) {
    return residents_.units(a->queue) > residents_.units(b->queue);
  });
  for (size_t i = 0; i < largest_first.size() && slot == ResidentTable::kNone; ++i) {
    slot = NextDeadOf(*largest_first[i], std::nullopt);
  }
  for (size_t i = 0; i < largest_first.size() && slot == ResidentTable::kNone; ++i) {
    slot = NextOfDonor(*largest_first[i], std::nullopt);
  }
  return KeyOf(slot);
}

std::optional<ObjectKey> AdaptivePolicy::KeyOf(Slot slot) {
  if (slot == ResidentTable::kNone) return std::nullopt;
  return residents_.at(slot).key;
}

bool AdaptivePolicy::Accept(Slot slot, Newcomer newcomer) {
  const Resident& resident = residents_.at(slot);
  return !resident.pinned && newcomer != resident.key && searched_.insert(resident.key).second;
}

bool AdaptivePolicy::HasCandidates(const Dataset& dataset) const {
  return residents_.objects(dataset.queue) > residents_.pinned(dataset.queue);
}

bool AdaptivePolicy::Inactive(const Dataset& dataset) const {
  const uint64_t limit = std::max(kInactiveCapacities * capacity_units_,
                                  dataset.traffic.ReuseLimitUnits().value_or(0));
  return total_clock_ - dataset.last_used > limit;
}

bool AdaptivePolicy::Lucky(const Dataset& dataset, ObjectKey newcomer, uint32_t chance) const {
  // The same for all loads of an object, and drawn again at its next uses.
  const uint64_t round = dataset.traffic.clock() / std::max<uint64_t>(capacity_units_, 1);
  uint64_t draw = (newcomer ^ (round * 0xD6E8FEB86659FD93u)) * 0x9E3779B97F4A7C15u;
  draw = (draw ^ (draw >> 32)) * 0xD6E8FEB86659FD93u;
  return draw >> 56 < chance;
}

void AdaptivePolicy::EnterSearch(Dataset& dataset) {
  if (dataset.search == search_) return;
  dataset.search = search_;
  const uint64_t slots = residents_.slots(dataset.queue);
  // One more than around: the hand may stand within a segment.
  dataset.dead_steps = dataset.sweep_steps = slots + ResidentTable::kSegmentSlots;
  dataset.sieve_steps = 2 * slots + ResidentTable::kSegmentSlots;
}

AdaptivePolicy::Slot AdaptivePolicy::Sweep(Dataset& dataset, ResidentTable::Hand hand,
                                           uint64_t* steps, Newcomer newcomer) {
  for (;;) {
    const Slot slot = residents_.Next(dataset.queue, hand, steps);
    if (slot == ResidentTable::kNone) return slot;
    if (Accept(slot, newcomer)) return OfferByHand(slot, hand);
  }
}

AdaptivePolicy::Slot AdaptivePolicy::OfferByHand(Slot slot, ResidentTable::Hand hand) {
  offered_by_hand_ = true;
  offered_hand_ = hand;
  return slot;
}

AdaptivePolicy::Slot AdaptivePolicy::NextRetired(Newcomer newcomer) {
  for (retired_left_ = std::min(retired_left_, retired_.size()); retired_left_ > 0;
       --retired_left_) {
    const ObjectKey key = retired_.front();
    retired_.pop_front();
    const Slot slot = residents_.Find(key);
    if (slot == ResidentTable::kNone || !residents_.at(slot).retired) continue;
    if (residents_.at(slot).pinned) continue;  // comes back when it is unpinned
    retired_.push_back(key);
    if (!Accept(slot, newcomer)) continue;
    --retired_left_;
    return slot;
  }
  return ResidentTable::kNone;
}

AdaptivePolicy::Slot AdaptivePolicy::NextOfIdle(Newcomer newcomer) {
  for (;;) {
    Dataset* longest = nullptr;
    for (const auto& dataset : datasets_) {
      if (now_ - std::max(dataset->last_used_at, started_at_) < kIdleAfter) continue;
      EnterSearch(*dataset);
      if (dataset->dead_steps == 0 || !HasCandidates(*dataset)) continue;
      if (longest == nullptr || dataset->last_used_at < longest->last_used_at) {
        longest = dataset.get();
      }
    }
    if (longest == nullptr) return ResidentTable::kNone;
    const Slot slot = Sweep(*longest, ResidentTable::kDead, &longest->dead_steps, newcomer);
    if (slot != ResidentTable::kNone) return slot;
    longest->dead_steps = 0;
  }
}

AdaptivePolicy::Slot AdaptivePolicy::NextOfInactive(Newcomer newcomer, bool proven) {
  for (;;) {
    Dataset* longest = nullptr;
    for (const auto& dataset : datasets_) {
      if (!Inactive(*dataset) || (Proven(*dataset) && !proven)) continue;
      EnterSearch(*dataset);
      if (dataset->dead_steps == 0 || !HasCandidates(*dataset)) continue;
      if (longest == nullptr || dataset->last_used < longest->last_used) longest = dataset.get();
    }
    if (longest == nullptr) return ResidentTable::kNone;
    const Slot slot = Sweep(*longest, ResidentTable::kDead, &longest->dead_steps, newcomer);
    if (slot != ResidentTable::kNone) return slot;
    longest->dead_steps = 0;
  }
}

AdaptivePolicy::Slot AdaptivePolicy::NextDeadOf(Dataset& dataset, Newcomer newcomer) {
  const std::optional<uint64_t> limit = dataset.traffic.ReuseLimitUnits();
  if (!limit.has_value() || dataset.traffic.traffic() == TrafficClass::kSkewed) {
    return ResidentTable::kNone;
  }
  const uint64_t clock = dataset.traffic.clock();
  if (dataset.round_steps == 0) {
    if (clock < dataset.next_round_at) return ResidentTable::kNone;
    dataset.round_steps = residents_.slots(dataset.queue);
  }
  const uint32_t now = Stamp(clock);
  const uint64_t oldest = *limit >> clock_shift_;
  uint64_t steps = std::min(kDeadSteps, dataset.round_steps);
  dataset.round_steps -= steps;
  for (;;) {
    const Slot slot = residents_.Next(dataset.queue, ResidentTable::kDead, &steps);
    if (slot == ResidentTable::kNone) break;
    if (static_cast<uint32_t>(now - residents_.at(slot).stamp) > oldest && Accept(slot, newcomer)) {
      dataset.round_steps += steps;
      return OfferByHand(slot, ResidentTable::kDead);
    }
  }
  if (dataset.round_steps == 0) dataset.next_round_at = clock + *limit / kRoundPart;
  return ResidentTable::kNone;
}

AdaptivePolicy::Dataset* AdaptivePolicy::FindDonor(const Dataset& dataset, uint64_t units) {
  Dataset* donor = nullptr;
  const uint64_t own = residents_.units(dataset.queue);
  uint64_t most = own + own / kDonorPart + units;
  for (const auto& other : datasets_) {
    if (other.get() == &dataset || !HasCandidates(*other)) continue;
    if (residents_.units(other->queue) <= most) continue;
    most = residents_.units(other->queue);
    donor = other.get();
  }
  return donor;
}

AdaptivePolicy::Slot AdaptivePolicy::NextByClass(Dataset& dataset, const ObjectUse& newcomer,
                                                 bool wanted_again) {
  if (wanted_again && dataset.traffic.Reused()) {
    Dataset* donor = FindDonor(dataset, UnitsOf(newcomer.bytes));
    if (donor != nullptr) {
      const Slot slot = NextOfDonor(*donor, newcomer.key);
      if (slot != ResidentTable::kNone) return slot;
    }
  }
  if (dataset.traffic.traffic() == TrafficClass::kSkewed) {
    return NextSieve(dataset, newcomer.key);
  }
  if (dataset.exchange_credit <= 0) return ResidentTable::kNone;
  const Slot slot = NextRecentHit(dataset, newcomer.key);
  if (slot == ResidentTable::kNone) return slot;
  offered_hits_.back().charged = dataset.id;
  offered_hits_.back().units = residents_.at(slot).units;
  dataset.exchange_credit -= kCreditPerUnit * residents_.at(slot).units;
  return slot;
}

void AdaptivePolicy::EarnExchange(Dataset& dataset, uint64_t units) const {
  const int64_t chance = dataset.traffic.ReuseChance();
  // Most of what is missed is seen for the first time: a scan, which would get what is exchanged.
  if (chance < kCertain / 2) return;
  const int64_t earned = units * chance;
  const int64_t most =
      kCreditPerUnit * (std::min(capacity_units_ / kMaxCreditPart, kMaxCreditUnits) + 1);
  dataset.exchange_credit = std::clamp(dataset.exchange_credit + earned, -64 * most, most);
}

AdaptivePolicy::Slot AdaptivePolicy::NextOfDonor(Dataset& dataset, Newcomer newcomer) {
  Slot slot = dataset.traffic.traffic() == TrafficClass::kSkewed ? NextSieve(dataset, newcomer)
                                                                 : NextRecentHit(dataset, newcomer);
  if (slot != ResidentTable::kNone) return slot;
  EnterSearch(dataset);
  return Sweep(dataset, ResidentTable::kSweep, &dataset.sweep_steps, newcomer);
}

AdaptivePolicy::Slot AdaptivePolicy::NextSieve(Dataset& dataset, Newcomer newcomer) {
  EnterSearch(dataset);
  uint64_t passed = 0;
  const ResidentTable::Hand hand =
      dataset.evictions % kAgeTurn == 0 ? ResidentTable::kAge : ResidentTable::kSieve;
  for (;;) {
    const Slot slot = residents_.Next(dataset.queue, hand, &dataset.sieve_steps);
    if (slot == ResidentTable::kNone) return slot;
    Resident& resident = residents_.at(slot);
    if (resident.used && passed < kSieveSteps) {
      resident.used = 0;
      ++passed;
    } else if (Accept(slot, newcomer)) {
      return OfferByHand(slot, hand);
    }
  }
}

AdaptivePolicy::Slot AdaptivePolicy::NextRecentHit(Dataset& dataset, Newcomer newcomer) {
  while (const std::optional<ObjectKey> key = dataset.recent_hits.Pop()) {
    const Slot slot = residents_.Find(*key);
    if (slot == ResidentTable::kNone || residents_.QueueOf(slot) != dataset.queue) continue;
    if (!Accept(slot, newcomer)) continue;
    offered_hits_.push_back({.key = *key, .donor = dataset.id, .charged = dataset.id, .units = 0});
    return slot;
  }
  return ResidentTable::kNone;
}

}  // namespace larder::readahead

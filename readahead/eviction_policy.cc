// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "readahead/eviction_policy.h"

#include <map>
#include <set>

#include "absl/container/flat_hash_map.h"

namespace larder::readahead {
namespace {

// Fill and hold, for all traffic: only old versions give way.
class HoldPolicy final : public EvictionPolicy {
 public:
  void SetCapacity(uint64_t) override {}
  void Use(const ObjectUse&) override {}
  void Add(ObjectKey key, uint64_t, uint64_t bytes) override {
    Entry& entry = entries_[key];
    if (entry.order == 0) {
      entry.order = ++last_order_;
      queue_[entry.order] = key;
    }
    entry.bytes += bytes;
  }
  void Subtract(ObjectKey key, uint64_t bytes) override {
    const auto found = entries_.find(key);
    if (found != entries_.end()) found->second.bytes -= bytes;
  }
  void Remove(ObjectKey key) override {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    queue_.erase(found->second.order);
    entries_.erase(found);
    retired_.erase(key);
    searched_.erase(key);
  }
  void Retire(ObjectKey key) override {
    if (entries_.contains(key)) retired_.insert(key);
  }
  void SetPinned(ObjectKey key, bool pinned) override {
    const auto found = entries_.find(key);
    if (found != entries_.end()) found->second.pinned = pinned;
  }
  std::optional<ObjectKey> NextVictim(const ObjectUse&) override {
    for (const ObjectKey key : retired_) {
      if (searched_.insert(key).second) return key;
    }
    return std::nullopt;
  }
  std::optional<ObjectKey> NextForcedVictim(absl::Time now) override {
    if (const auto retired = NextVictim({.at = now})) return retired;
    for (const auto& [order, key] : queue_) {
      if (!entries_[key].pinned && searched_.insert(key).second) return key;
    }
    return std::nullopt;
  }
  void BeginSearch() override { searched_.clear(); }
  TrafficClass Class(uint64_t) const override { return TrafficClass::kUnknown; }
  uint64_t objects() const override { return entries_.size(); }
  uint64_t memory_bytes() const override { return entries_.size() * 100; }

 private:
  struct Entry {
    uint64_t order = 0;
    uint64_t bytes = 0;
    bool pinned = false;
  };
  absl::flat_hash_map<ObjectKey, Entry> entries_;
  std::map<uint64_t, ObjectKey> queue_;
  std::set<ObjectKey> retired_;
  std::set<ObjectKey> searched_;
  uint64_t last_order_ = 0;
};

}  // namespace

absl::string_view TrafficClassName(TrafficClass traffic) {
  switch (traffic) {
    case TrafficClass::kUnknown:
      return "unknown";
    case TrafficClass::kEpochScan:
      return "epochs";
    case TrafficClass::kSkewed:
      return "skewed";
  }
  return "";
}

std::unique_ptr<EvictionPolicy> EvictionPolicy::Create(const EvictionOptions&) {
  return std::make_unique<HoldPolicy>();
}

}  // namespace larder::readahead

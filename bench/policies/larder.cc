// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "bench/policies/cache_policy.h"

namespace larder::bench {
namespace {

// Does what the cache does around readahead::EvictionPolicy.
class Larder final : public CachePolicy {
 public:
  Larder(uint64_t capacity_bytes, uint64_t spare_bytes)
      : capacity_(capacity_bytes),
        spare_(spare_bytes),
        policy_(readahead::EvictionPolicy::Create({.capacity_bytes = capacity_bytes})) {}

  bool Use(const Access& access) override {
    now_ += absl::Milliseconds(1);
    datasets_[access.dataset] = true;
    const readahead::ObjectUse use{
        .key = KeyOf(access.object), .dataset = access.dataset, .bytes = access.bytes, .at = now_};
    policy_->Use(use);
    if (entries_.contains(use.key)) return true;
    const uint64_t bytes = SizeOf(access);
    if (used_ + bytes > capacity_ && !MakeRoom(use, bytes)) return false;
    policy_->Add(use.key, access.dataset, bytes);
    entries_[use.key] = {.bytes = bytes, .dataset = access.dataset};
    used_ += bytes;
    return false;
  }
  void Retire(uint32_t object) override { policy_->Retire(KeyOf(object)); }
  void Restart() override {
    // The recount after a start reads the records in the order of their keys.
    std::vector<std::pair<readahead::ObjectKey, Entry>> entries(entries_.begin(), entries_.end());
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    policy_ = readahead::EvictionPolicy::Create({.capacity_bytes = capacity_});
    for (const auto& [key, entry] : entries) policy_->Add(key, entry.dataset, entry.bytes);
  }

  std::string Note() const override {
    std::string note;
    for (uint64_t dataset = 0; dataset < 256; ++dataset) {
      if (!datasets_.contains(dataset)) continue;
      absl::StrAppend(&note, note.empty() ? "" : ",",
                      readahead::TrafficClassName(policy_->Class(dataset)));
    }
    return note;
  }

 private:
  struct Entry {
    uint64_t bytes = 0;
    uint16_t dataset = 0;
  };

  bool MakeRoom(const readahead::ObjectUse& use, uint64_t bytes) {
    // The cache asks first whether anything gives way, then frees in the background.
    policy_->BeginSearch();
    if (!policy_->NextVictim(use).has_value()) return false;
    policy_->BeginSearch();
    while (used_ + bytes + spare_ > capacity_) {
      const std::optional<readahead::ObjectKey> victim = policy_->NextVictim(use);
      if (!victim.has_value()) break;
      used_ -= entries_[*victim].bytes;
      entries_.erase(*victim);
      policy_->Remove(*victim);
    }
    return used_ + bytes <= capacity_;
  }

  const uint64_t capacity_;
  const uint64_t spare_;
  std::unique_ptr<readahead::EvictionPolicy> policy_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  uint64_t used_ = 0;
  absl::flat_hash_map<readahead::ObjectKey, Entry> entries_;
  absl::flat_hash_map<uint64_t, bool> datasets_;
};

}  // namespace

readahead::ObjectKey KeyOf(uint32_t object) {
  uint64_t key = object + 0x9E3779B97F4A7C15u;
  key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9u;
  key = (key ^ (key >> 27)) * 0x94D049BB133111EBu;
  return key ^ (key >> 31);
}

std::unique_ptr<CachePolicy> MakeLarder(uint64_t capacity_bytes, uint64_t spare_bytes) {
  return std::make_unique<Larder>(capacity_bytes, spare_bytes);
}

}  // namespace larder::bench

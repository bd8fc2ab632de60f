// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <set>

#include "absl/container/flat_hash_map.h"
#include "bench/policies/cache_policy.h"

namespace larder::bench {
namespace {

class Optimal final : public CachePolicy {
 public:
  Optimal(uint64_t capacity_bytes, const Trace& trace)
      : capacity_(capacity_bytes), next_use_(trace.size(), kNever) {
    absl::flat_hash_map<uint32_t, size_t> next;
    for (size_t i = trace.size(); i-- > 0;) {
      if (trace[i].retires || trace[i].restarts) continue;
      const auto [found, first] = next.try_emplace(trace[i].object, i);
      if (!first) next_use_[i] = found->second;
      found->second = i;
    }
  }

  bool Use(const Access& access) override {
    const size_t next = next_use_[at_++];
    const uint64_t bytes = SizeOf(access);
    const auto found = entries_.find(access.object);
    if (found != entries_.end()) {
      by_next_use_.erase({found->second.next_use, access.object});
      found->second.next_use = next;
      by_next_use_.insert({next, access.object});
      return true;
    }
    if (next == kNever) return false;
    while (used_ + bytes > capacity_) {
      if (by_next_use_.empty() || by_next_use_.rbegin()->first < next) return false;
      const auto furthest = entries_.find(by_next_use_.rbegin()->second);
      used_ -= furthest->second.bytes;
      by_next_use_.erase({furthest->second.next_use, furthest->first});
      entries_.erase(furthest);
    }
    entries_[access.object] = {next, bytes};
    by_next_use_.insert({next, access.object});
    used_ += bytes;
    return false;
  }
  void Retire(uint32_t) override { ++at_; }
  void Restart() override { ++at_; }

 private:
  static constexpr size_t kNever = SIZE_MAX;
  struct Entry {
    size_t next_use = kNever;
    uint64_t bytes = 0;
  };

  const uint64_t capacity_;
  std::vector<size_t> next_use_;  // of the object of each access
  size_t at_ = 0;
  uint64_t used_ = 0;
  absl::flat_hash_map<uint32_t, Entry> entries_;
  std::set<std::pair<size_t, uint32_t>> by_next_use_;
};

}  // namespace

std::unique_ptr<CachePolicy> MakeOptimal(uint64_t capacity_bytes, const Trace& trace) {
  return std::make_unique<Optimal>(capacity_bytes, trace);
}

}  // namespace larder::bench

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0

// What the policy's books cost with many objects.

#include <chrono>
#include <cstdio>

#include "bench/policies/cache_policy.h"

namespace larder::bench {
namespace {

constexpr uint32_t kBytes = 112 << 10;

template <typename Body>
double NanosecondsEach(uint64_t times, const Body& body) {
  const auto started = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < times; ++i) body(i);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - started;
  return took.count() / times;
}

}  // namespace

void PrintScale(uint64_t objects) {
  const auto policy = readahead::EvictionPolicy::Create({.capacity_bytes = objects * kBytes});
  const double add = NanosecondsEach(
      objects, [&](uint64_t i) { policy->Add(KeyOf(static_cast<uint32_t>(i)), 0, kBytes); });
  const double bytes_each = static_cast<double>(policy->memory_bytes()) / objects;
  // A pass over twice as many as are on disk, in an order that has nothing to do with theirs.
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  const auto use_of = [&](uint64_t i) {
    now += absl::Milliseconds(1);
    const uint32_t object = static_cast<uint32_t>(i * 2654435761u % (2 * objects));
    return readahead::ObjectUse{.key = KeyOf(object), .dataset = 0, .bytes = kBytes, .at = now};
  };
  const double use = NanosecondsEach(2 * objects, [&](uint64_t i) { policy->Use(use_of(i)); });
  const double search = NanosecondsEach(objects, [&](uint64_t i) {
    policy->BeginSearch();
    policy->NextVictim(use_of(i));
  });
  const double forced = NanosecondsEach(objects / 2, [&](uint64_t) {
    policy->BeginSearch();
    if (const auto victim = policy->NextForcedVictim(now)) policy->Remove(*victim);
  });
  std::printf("%12lu %14.1f %10.0f %10.0f %10.0f %10.0f\n", static_cast<unsigned long>(objects),
              bytes_each, add, use, search, forced);
}

}  // namespace larder::bench

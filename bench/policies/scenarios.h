// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BENCH_POLICIES_SCENARIOS_H_
#define LARDER_BENCH_POLICIES_SCENARIOS_H_

#include <functional>
#include <string>
#include <vector>

#include "bench/policies/cache_policy.h"

namespace larder::bench {

// A hit ratio that is told: of one job's accesses in one phase.
struct Measure {
  std::string label;
  uint8_t job = 0;
  uint8_t phase = 1;  // phase 0 is never measured: the cache warms up
};

struct Workload {
  Trace trace;
  uint64_t capacity_bytes = 0;
  // This part of the capacity more than is missing is freed each time; 0: nothing more. The cache
  // frees 1/64, and whatever is missed next then finds room without asking.
  uint64_t spare_part = 0;
  std::vector<Measure> measures = {{.label = ""}};

  uint64_t spare_bytes() const { return spare_part == 0 ? 0 : capacity_bytes / spare_part; }
};

struct Scenario {
  std::string group;
  std::string name;
  std::function<Workload()> make;
};

// All that policy_sim runs, in the order of its tables. Deterministic.
std::vector<Scenario> AllScenarios();

}  // namespace larder::bench

#endif  // LARDER_BENCH_POLICIES_SCENARIOS_H_

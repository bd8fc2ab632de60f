// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0

// policy_sim [--trace NAME] [--no-scale]: hit ratios of the cache's own policy and of others over
// traces. NAME is a part of a trace's group or name.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/policies/scenarios.h"

namespace larder::bench {
namespace {

struct Ratio {  // of bytes
  uint64_t used = 0;
  uint64_t hit = 0;
  double value() const { return used == 0 ? 0 : static_cast<double>(hit) / used; }
};

// In the order of the columns. The last but one is ours; the last knows the future.
const char* const kPolicies[] = {"LRU", "FIFO", "SIEVE", "S3-FIFO", "larder", "optimum"};
constexpr size_t kLarder = 4;

std::unique_ptr<CachePolicy> MakePolicy(size_t number, const Workload& workload) {
  const uint64_t capacity = workload.capacity_bytes;
  switch (number) {
    case 0:
      return MakeLru(capacity);
    case 1:
      return MakeFifo(capacity);
    case 2:
      return MakeSieve(capacity);
    case 3:
      return MakeS3Fifo(capacity);
    case kLarder:
      return MakeLarder(capacity, workload.spare_bytes());
    default:
      return MakeOptimal(capacity, workload.trace);
  }
}

// The ratio of each measure.
std::vector<double> Run(const Workload& workload, CachePolicy& policy) {
  std::vector<Ratio> ratios(workload.measures.size());
  for (const Access& access : workload.trace) {
    bool hit = false;
    if (!Play(access, policy, &hit)) continue;
    for (size_t i = 0; i < ratios.size(); ++i) {
      if (workload.measures[i].job != access.job || workload.measures[i].phase != access.phase) {
        continue;
      }
      ratios[i].used += access.bytes;
      if (hit) ratios[i].hit += access.bytes;
    }
  }
  std::vector<double> values;
  values.reserve(ratios.size());
  for (const Ratio& ratio : ratios) values.push_back(ratio.value());
  return values;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / values.size();
}

void PrintRow(const std::string& label, const std::vector<double>& values, const char* note) {
  std::printf("%-60s", label.c_str());
  for (const double value : values) std::printf(" %8.3f", value);
  std::printf("  %s\n", note);
}

// Prints the rows of a scenario; the quotient of our mean ratio and the best of the others'.
double RunScenario(const Scenario& scenario) {
  const Workload workload = scenario.make();
  std::vector<std::vector<double>> by_policy;
  std::string note;
  for (size_t i = 0; i < std::size(kPolicies); ++i) {
    const std::unique_ptr<CachePolicy> policy = MakePolicy(i, workload);
    by_policy.push_back(Run(workload, *policy));
    if (i == kLarder) note = policy->Note();
  }
  std::vector<double> means;
  means.reserve(by_policy.size());
  for (const std::vector<double>& values : by_policy) means.push_back(Mean(values));
  const double best_other = *std::max_element(means.begin(), means.begin() + kLarder);
  const double best_online = std::max(best_other, means[kLarder]);
  const double quotient = best_online == 0 ? 1 : means[kLarder] / best_online;
  char end[64];
  std::snprintf(end, sizeof(end), "%.3f  %s", quotient, note.c_str());
  PrintRow(absl::StrCat(scenario.group, ": ", scenario.name), means, end);
  if (workload.measures.size() > 1) {
    for (size_t m = 0; m < workload.measures.size(); ++m) {
      std::vector<double> values;
      values.reserve(by_policy.size());
      for (const std::vector<double>& policy : by_policy) values.push_back(policy[m]);
      PrintRow(absl::StrCat("    ", workload.measures[m].label), values, "");
    }
  }
  return quotient;
}

void PrintHeading() {
  std::printf("%-60s", "hit ratio");
  for (const char* name : kPolicies) std::printf(" %8s", name);
  std::printf("  larder / best online, class\n");
}

}  // namespace

// policy_sim_scale.cc
void PrintScale(uint64_t objects);

int Main(const std::string& only, bool scale) {
  struct Worst {
    std::string group;
    double quotient;
  };
  std::vector<Worst> worst;
  for (const Scenario& scenario : AllScenarios()) {
    if (!absl::StrContains(absl::StrCat(scenario.group, ": ", scenario.name), only)) continue;
    if (worst.empty() || worst.back().group != scenario.group) {
      if (!worst.empty()) std::printf("\n");
      PrintHeading();
      worst.push_back({scenario.group, 1});
    }
    worst.back().quotient = std::min(worst.back().quotient, RunScenario(scenario));
    std::fflush(stdout);
  }
  std::printf("\n%-20s %s\n", "least of each group", "larder / best online");
  for (const Worst& group : worst) std::printf("%-20s %.3f\n", group.group.c_str(), group.quotient);
  if (!scale) return 0;
  std::printf("\n%12s %14s %10s %10s %10s %10s\n", "objects", "bytes/object", "Add ns", "Use ns",
              "search ns", "forced ns");
  PrintScale(1'000'000);
  PrintScale(10'000'000);
  return 0;
}

}  // namespace larder::bench

int main(int argc, char** argv) {
  std::string only;
  bool scale = true;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--trace" && i + 1 < argc) {
      only = argv[++i];
      scale = false;
    } else if (argument == "--no-scale") {
      scale = false;
    } else {
      std::fprintf(stderr, "usage: policy_sim [--trace NAME] [--no-scale]\n");
      return 2;
    }
  }
  return larder::bench::Main(only, scale);
}

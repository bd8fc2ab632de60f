// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0

// Hit ratios of the policy over the traces of bench/policy_sim (the short ones), and what must hold
// of them.

#include <algorithm>
#include <string>
#include <vector>

#include "bench/policies/cache_policy.h"
#include "bench/policies/scenarios.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace larder::bench {
namespace {

Workload Find(const std::string& group, const std::string& name) {
  for (const Scenario& scenario : AllScenarios()) {
    if (scenario.group == group && scenario.name == name) return scenario.make();
  }
  ADD_FAILURE() << "no trace " << group << ": " << name;
  return {};
}

struct Outcome {
  std::vector<double> ratios;  // of each measure, by bytes
  int class_changes = 0;
  std::string classes;
};

Outcome Replay(const Workload& workload, CachePolicy& policy) {
  std::vector<uint64_t> used(workload.measures.size());
  std::vector<uint64_t> hit(workload.measures.size());
  Outcome outcome;
  uint64_t accesses = 0;
  for (const Access& access : workload.trace) {
    bool was_hit = false;
    if (!Play(access, policy, &was_hit)) continue;
    for (size_t i = 0; i < used.size(); ++i) {
      if (workload.measures[i].job != access.job || workload.measures[i].phase != access.phase) {
        continue;
      }
      used[i] += access.bytes;
      if (was_hit) hit[i] += access.bytes;
    }
    if (++accesses % 256 != 0) continue;
    std::string classes = policy.Note();
    if (classes == outcome.classes) continue;
    ++outcome.class_changes;
    outcome.classes = std::move(classes);
  }
  for (size_t i = 0; i < used.size(); ++i) {
    EXPECT_GT(used[i], 0) << "measure " << i << " saw nothing";
    outcome.ratios.push_back(static_cast<double>(hit[i]) / std::max<uint64_t>(used[i], 1));
  }
  return outcome;
}

Outcome RunLarder(const std::string& group, const std::string& name, uint64_t spare_part = 0) {
  Workload workload = Find(group, name);
  if (spare_part != 0) workload.spare_part = spare_part;
  return Replay(workload, *MakeLarder(workload.capacity_bytes, workload.spare_bytes()));
}

struct EpochCase {
  const char* group;
  const char* name;
  double c;
};

class Epochs : public ::testing::TestWithParam<EpochCase> {};

TEST_P(Epochs, HitRatioIsC) {
  const Outcome outcome = RunLarder(GetParam().group, GetParam().name);
  EXPECT_NEAR(outcome.ratios[0], GetParam().c, .01);
  EXPECT_EQ(outcome.classes, "epochs");
  EXPECT_LE(outcome.class_changes, 2) << "it flaps";
}

TEST_P(Epochs, HitRatioIsCWhereMoreIsFreedThanNeeded) {
  const Outcome outcome = RunLarder(GetParam().group, GetParam().name, /*spare_part=*/128);
  EXPECT_NEAR(outcome.ratios[0], GetParam().c, .015);
}

INSTANTIATE_TEST_SUITE_P(
    Traces, Epochs,
    ::testing::Values(EpochCase{"shuffled", "c=0.10", .1}, EpochCase{"shuffled", "c=0.20", .2},
                      EpochCase{"shuffled", "c=0.50", .5}, EpochCase{"shuffled", "c=0.80", .8},
                      EpochCase{"shuffled", "c=0.95", .95}, EpochCase{"fixed-order", "c=0.20", .2},
                      EpochCase{"fixed-order", "c=0.50", .5},
                      EpochCase{"fixed-order", "c=0.80", .8},
                      EpochCase{"mixed-sizes", "shuffled c=0.30", .3}));

class Skewed : public ::testing::TestWithParam<const char*> {};

TEST_P(Skewed, IsAtLeastAsGoodAsSieveAndS3Fifo) {
  const Workload workload = Find("zipf", GetParam());
  const Outcome outcome = Replay(workload, *MakeLarder(workload.capacity_bytes));
  const double sieve = Replay(workload, *MakeSieve(workload.capacity_bytes)).ratios[0];
  const double s3_fifo = Replay(workload, *MakeS3Fifo(workload.capacity_bytes)).ratios[0];
  EXPECT_GE(outcome.ratios[0], .99 * std::max(sieve, s3_fifo));
  EXPECT_EQ(outcome.classes, "skewed");
  EXPECT_LE(outcome.class_changes, 3) << "it flaps";
}

INSTANTIATE_TEST_SUITE_P(Traces, Skewed,
                         ::testing::Values("exponent 0.7 c=0.02", "exponent 0.7 c=0.10",
                                           "exponent 0.8 c=0.30", "exponent 0.9 c=0.10",
                                           "exponent 1.0 c=0.02", "exponent 1.2 c=0.60"));

class TwoJobs : public ::testing::TestWithParam<const char*> {};

TEST_P(TwoJobs, NeitherStarves) {
  const Outcome outcome = RunLarder("two-jobs", GetParam());
  ASSERT_EQ(outcome.ratios.size(), 2);
  EXPECT_NEAR(outcome.ratios[0], .5, .03);
  EXPECT_NEAR(outcome.ratios[1], .5, .03);
}

INSTANTIATE_TEST_SUITE_P(Traces, TwoJobs,
                         ::testing::Values("one dataset, same speed", "one dataset, 1:10",
                                           "one dataset, 1:10, the slow one begins late",
                                           "one dataset, 1:10, the fast one begins late",
                                           "two datasets, the second begins late",
                                           "two datasets, 1:10",
                                           "two datasets, 1:10, the slow one begins late",
                                           "two datasets, 1:10, the fast one begins late"));

struct HandOverCase {
  const char* name;
  double c;
};

class HandOver : public ::testing::TestWithParam<HandOverCase> {};

TEST_P(HandOver, IsOverInTheFourthPassOfTheNextJob) {
  const Outcome outcome = RunLarder("hand-over", GetParam().name);
  // The measures begin with pass 2.
  for (size_t i = 2; i < outcome.ratios.size(); ++i) {
    EXPECT_GE(outcome.ratios[i], .9 * GetParam().c) << "pass " << i + 2;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Traces, HandOver,
    ::testing::Values(HandOverCase{"same dataset, shuffled c=0.50", .5},
                      HandOverCase{"same dataset, fixed order c=0.50", .5},
                      HandOverCase{"same dataset, to five times the size c=0.20", .2},
                      HandOverCase{"same dataset, after a single pass c=0.50", .5},
                      HandOverCase{"other dataset, after a single pass c=0.50", .5},
                      HandOverCase{"other dataset, shuffled c=0.50", .5},
                      HandOverCase{"other dataset, to five times the size c=0.20", .2}));

TEST(OnePassScan, DoesNotPushOutAHotSet) {
  for (const char* name : {"epochs, scan of the same dataset", "epochs, scan of another dataset"}) {
    const Outcome outcome = RunLarder("scan", name);
    EXPECT_GE(outcome.ratios[0], .98) << name << " during";
    EXPECT_GE(outcome.ratios[1], .99) << name << " after";
  }
}

struct KeptCase {
  const char* group;
  const char* name;
  double c;
};

class Kept : public ::testing::TestWithParam<KeptCase> {};

TEST_P(Kept, EveryPassAfterwardsHitsWhatItHitBefore) {
  const Outcome outcome = RunLarder(GetParam().group, GetParam().name);
  for (size_t i = 0; i < outcome.ratios.size(); ++i) {
    EXPECT_GE(outcome.ratios[i], GetParam().c - .01) << "pass " << i + 1;
  }
}

std::vector<KeptCase> KeptCases() {
  static const std::vector<Scenario>* const all = new std::vector<Scenario>(AllScenarios());
  std::vector<KeptCase> cases = {
      {"restart", "c=0.20", .2}, {"restart", "c=0.50", .5}, {"restart", "c=0.80", .8}};
  for (const Scenario& scenario : *all) {
    if (scenario.group != "scan-in-pause") continue;
    const bool fits = scenario.name.find("c=0.99") != std::string::npos;
    cases.push_back({"scan-in-pause", scenario.name.c_str(), fits ? .99 : .5});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Traces, Kept, ::testing::ValuesIn(KeptCases()));

TEST(Restart, TheNextJobHasItsPartInItsFourthPass) {
  const Outcome outcome = RunLarder("restart", "then another job c=0.50");
  for (size_t i = 4; i < outcome.ratios.size(); ++i) EXPECT_GE(outcome.ratios[i], .49);
}

TEST(NewVersion, TakesThePlaceOfRetiredOnesInItsFirstPass) {
  const Outcome outcome = RunLarder("new-version", "old ones retired c=0.60");
  for (const double ratio : outcome.ratios) EXPECT_NEAR(ratio, .6, .01);
}

TEST(NewVersion, IsCachedWithoutBeingToldOfTheOldOnes) {
  const Outcome outcome = RunLarder("new-version", "not told of c=0.60");
  for (size_t i = 2; i < outcome.ratios.size(); ++i) EXPECT_NEAR(outcome.ratios[i], .6, .02);
}

TEST(Policies, AreDeterministic) {
  EXPECT_EQ(RunLarder("zipf", "exponent 0.8 c=0.02").ratios,
            RunLarder("zipf", "exponent 0.8 c=0.02").ratios);
}

// The simulator's own yardsticks, against figures that are known.
TEST(Policies, LruOfShuffledPassesIsAsTheFormulaSays) {
  const Workload workload = Find("shuffled", "c=0.50");
  // c + (1 - c) ln(1 - c)
  EXPECT_NEAR(Replay(workload, *MakeLru(workload.capacity_bytes)).ratios[0], .153, .01);
}

TEST(Policies, NoneBeatsTheOptimum) {
  const Workload workload = Find("zipf", "exponent 0.9 c=0.10");
  const double best =
      Replay(workload, *MakeOptimal(workload.capacity_bytes, workload.trace)).ratios[0];
  const uint64_t capacity = workload.capacity_bytes;
  EXPECT_LT(Replay(workload, *MakeLru(capacity)).ratios[0], best);
  EXPECT_LT(Replay(workload, *MakeFifo(capacity)).ratios[0], best);
  EXPECT_LT(Replay(workload, *MakeSieve(capacity)).ratios[0], best);
  EXPECT_LT(Replay(workload, *MakeS3Fifo(capacity)).ratios[0], best);
  EXPECT_LT(Replay(workload, *MakeLarder(capacity)).ratios[0], best);
}

}  // namespace
}  // namespace larder::bench

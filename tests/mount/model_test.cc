// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Random sequences of what programs, users and the remote do, through the real mount, against a
// model that knows every content that each file ever had. A sequence that fails is shrunk and
// printed; LARDER_TEST_SEED repeats it.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/mount/model_fixture.h"
#include "tests/testing/rounds.h"

namespace larder::testing {
namespace {

constexpr size_t kSteps = 60;
constexpr absl::Duration kShortRun = absl::Seconds(8);
constexpr absl::Duration kLongRun = absl::Minutes(3);
constexpr absl::Duration kShrinkFor = absl::Minutes(1);

uint64_t FirstSeed() {
  const char* const given = getenv("LARDER_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

TEST_P(ModelTest, WhatIsSeenIsWhatTheRemoteHeld) {
  const bool once = getenv("LARDER_TEST_SEED") != nullptr;
  const absl::Time end = absl::Now() + (LongTests() ? kLongRun : kShortRun);
  int sequences = 0;
  for (uint64_t seed = FirstSeed(); absl::Now() < end; ++seed) {
    const std::vector<Step> steps = RandomSteps(seed, kSteps);
    Failure failure = Run(steps);
    ++sequences;
    if (failure) {
      const std::vector<Step> shrunk = Shrink(
          steps,
          [&](const std::vector<Step>& fewer) {
            Failure again = Run(fewer);
            const bool fails = again.has_value();
            if (fails) failure = std::move(again);
            return fails;
          },
          absl::Now() + kShrinkFor);
      FAIL() << "LARDER_TEST_SEED=" << seed << " fails, with these steps alone as well:\n"
             << absl::StrJoin(shrunk, "\n",
                              [](std::string* out, const Step& step) {
                                absl::StrAppend(out, "  ", step.ToString());
                              })
             << "\n"
             << *failure;
    }
    if (once || HasFailure()) break;
  }
  RecordProperty("sequences", sequences);
  printf("%d sequences of %zu steps\n", sequences, kSteps);
}

INSTANTIATE_TEST_SUITE_P(Remotes, ModelTest, ::testing::Values("folder", "nginx"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(ShrinkTest, OnlyWhatItTakesToFailIsLeft) {
  const std::vector<Step> steps = RandomSteps(1, 50);
  const auto holds = [&](const std::vector<Step>& some, size_t at) {
    return std::any_of(some.begin(), some.end(),
                       [&](const Step& step) { return step.from == steps[at].from; });
  };
  const std::vector<Step> shrunk = Shrink(
      steps, [&](const auto& some) { return holds(some, 7) && holds(some, 33); },
      absl::InfiniteFuture());
  ASSERT_EQ(shrunk.size(), 2u);
  EXPECT_EQ(shrunk[0].from, steps[7].from);
  EXPECT_EQ(shrunk[1].from, steps[33].from);
}

TEST(RemoteModelTest, WhatWasThereMayBeSeenForAWhile) {
  const absl::Time start = absl::FromUnixSeconds(1000);
  RemoteModel model(absl::Seconds(2));
  const auto one = std::make_shared<Content>();
  EXPECT_THAT(model.Possible("a", start), ::testing::ElementsAre(nullptr));
  model.Changed("a", one, start);
  EXPECT_THAT(model.Possible("a", start + absl::Seconds(1)), ::testing::ElementsAre(nullptr, one));
  EXPECT_THAT(model.Possible("a", start + absl::Seconds(3)), ::testing::ElementsAre(one));
  model.Changed("a", nullptr, start + absl::Seconds(10));
  model.Refreshed(start + absl::Seconds(11));
  EXPECT_THAT(model.Possible("a", start + absl::Seconds(11)), ::testing::ElementsAre(nullptr));
}

}  // namespace
}  // namespace larder::testing

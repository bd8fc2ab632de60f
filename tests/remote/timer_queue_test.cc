// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/timer_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace larder::remote {
namespace {

TEST(TimerQueueTest, RunsTasksInTheOrderOfTheirTimes) {
  TimerQueue timers;
  std::vector<int> order;  // of the queue's thread, until the promise
  std::promise<void> done;
  timers.RunAfter(absl::Milliseconds(40), [&](bool) {
    order.push_back(2);
    done.set_value();
  });
  timers.RunAfter(absl::Milliseconds(5), [&](bool) { order.push_back(1); });
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(TimerQueueTest, CancelledTasksDoNotRun) {
  TimerQueue timers;
  bool ran = false;
  const auto id = timers.RunAfter(absl::Hours(1), [&](bool) { ran = true; });
  EXPECT_TRUE(timers.Cancel(id));
  EXPECT_FALSE(timers.Cancel(id));
  timers.Stop();
  EXPECT_FALSE(ran);
}

TEST(TimerQueueTest, StopRunsWhatIsLeftAndTakesNoMore) {
  TimerQueue timers;
  int stopped = 0;
  timers.RunAfter(absl::Hours(1), [&](bool stopping) {
    if (stopping) ++stopped;
    EXPECT_EQ(timers.RunAfter(absl::ZeroDuration(), [&](bool) { ++stopped; }), 0u);
  });
  timers.RunAfter(absl::InfiniteDuration(), [&](bool stopping) {
    if (stopping) ++stopped;
  });
  timers.Stop();
  timers.Stop();
  EXPECT_EQ(stopped, 2);
}

}  // namespace
}  // namespace larder::remote

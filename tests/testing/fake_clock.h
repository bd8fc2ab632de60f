// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_FAKE_CLOCK_H_
#define LARDER_TESTS_TESTING_FAKE_CLOCK_H_

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace larder::testing {

// A clock that stands still until a test moves it. Thread-safe.
class FakeClock : public Clock {
 public:
  absl::Time Now() override ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return now_;
  }
  void Advance(absl::Duration duration) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    now_ += duration;
  }

 private:
  Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'700'000'000);
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_FAKE_CLOCK_H_

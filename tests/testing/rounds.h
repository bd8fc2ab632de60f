// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_ROUNDS_H_
#define LARDER_TESTS_TESTING_ROUNDS_H_

#include <cstdlib>

namespace larder::testing {

// Under a sanitizer everything takes several times as long, and each round finds as much.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// LARDER_TEST_LONG is set: the full counts of tests that repeat, however built.
inline bool LongTests() { return std::getenv("LARDER_TEST_LONG") != nullptr; }

struct Rounds {
  int full = 0;
  int usual = 0;
  int sanitized = 0;

  int count() const { return LongTests() ? full : kSanitized ? sanitized : usual; }
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_ROUNDS_H_

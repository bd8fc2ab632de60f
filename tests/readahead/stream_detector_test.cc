// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "readahead/stream_detector.h"

#include <vector>

#include "gtest/gtest.h"

namespace larder::readahead {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class StreamDetectorTest : public ::testing::Test {
 protected:
  // Reads [from, to) in pieces of 1 MiB and adds up what was advised.
  uint64_t ReadThrough(uint64_t from, uint64_t to) {
    uint64_t advised = 0;
    for (uint64_t at = from; at < to; at += kMiB) advised += detector_.Observe({at, kMiB}).length;
    return advised;
  }
  StreamDetector detector_{StreamOptions()};
};

TEST_F(StreamDetectorTest, AReadFromTheStartIsBelievedAtOnce) {
  const ByteRange advice = detector_.Observe({0, kMiB});
  EXPECT_EQ(advice.offset, kMiB);
  EXPECT_EQ(advice.length, 2 * kMiB);
}

TEST_F(StreamDetectorTest, OneReadInTheMiddleCostsNothing) {
  EXPECT_TRUE(detector_.Observe({500 * kMiB, 4096}).empty());
}

TEST_F(StreamDetectorTest, AStreamInTheMiddleIsBelievedAtItsSecondRead) {
  EXPECT_TRUE(detector_.Observe({500 * kMiB, kMiB}).empty());
  EXPECT_EQ(detector_.Observe({501 * kMiB, kMiB}).offset, 502 * kMiB);
}

TEST_F(StreamDetectorTest, TheWindowDoublesUpToItsLimitAndAdviceNeverOverlaps) {
  uint64_t frontier = kMiB;
  uint64_t widest = 0;
  for (uint64_t at = 0; at < 1000 * kMiB; at += kMiB) {
    const ByteRange advice = detector_.Observe({at, kMiB});
    if (advice.empty()) continue;
    EXPECT_EQ(advice.offset, frontier);
    frontier = advice.end();
    widest = std::max(widest, frontier - (at + kMiB));
  }
  EXPECT_EQ(widest, StreamOptions().max_window_bytes);
}

TEST_F(StreamDetectorTest, TheKernelsOwnReadaheadMayArriveInAnyOrder) {
  ReadThrough(0, 64 * kMiB);
  const uint64_t in_order =
      detector_.Observe({64 * kMiB, kMiB}).length + detector_.Observe({67 * kMiB, kMiB}).length +
      detector_.Observe({65 * kMiB, kMiB}).length + detector_.Observe({66 * kMiB, kMiB}).length;
  EXPECT_LE(in_order, 64 * kMiB);
  EXPECT_GT(ReadThrough(68 * kMiB, 200 * kMiB), 100 * kMiB) << "it is one stream still";
}

TEST_F(StreamDetectorTest, InterleavedReadersAreStreamsOfTheirOwn) {
  uint64_t advised[4] = {};
  for (uint64_t step = 0; step < 32; ++step) {
    for (uint64_t reader = 0; reader < 4; ++reader) {
      const uint64_t base = reader * 1000 * kMiB;
      const ByteRange advice = detector_.Observe({base + step * kMiB, kMiB});
      if (!advice.empty()) {
        EXPECT_GE(advice.offset, base);
        EXPECT_LT(advice.end(), base + 1000 * kMiB);
      }
      advised[reader] += advice.length;
    }
  }
  for (const uint64_t bytes : advised) EXPECT_GT(bytes, 30 * kMiB);
}

TEST_F(StreamDetectorTest, RandomReadsLoadNothingAhead) {
  uint64_t state = 1;
  uint64_t advised = 0;
  for (int i = 0; i < 1000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const uint64_t at = 1 * kMiB + (state >> 20) % (1000000 * kMiB);
    advised += detector_.Observe({at, 4096}).length;
  }
  EXPECT_LT(advised, 20 * kMiB);
}

TEST_F(StreamDetectorTest, ReadingTheSameAgainAdvisesNothingNew) {
  ReadThrough(0, 10 * kMiB);
  EXPECT_TRUE(detector_.Observe({9 * kMiB, kMiB}).empty());
}

TEST_F(StreamDetectorTest, WhatWasForgottenIsAdvisedAgain) {
  const ByteRange first = detector_.Observe({0, kMiB});
  detector_.Forget();
  EXPECT_EQ(detector_.Observe({0, kMiB}), first);
}

}  // namespace
}  // namespace larder::readahead

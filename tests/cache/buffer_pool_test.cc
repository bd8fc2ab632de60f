// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/buffer_pool.h"

#include "gtest/gtest.h"

namespace larder::cache {
namespace {

constexpr size_t kMiB = 1 << 20;

TEST(BufferPoolTest, GivesNoMoreThanItsLimitAndWakesWhoeverWaits) {
  BufferPool pool(2 * kMiB);
  int woken = 0;
  const auto wake = [&] { ++woken; };
  auto first = pool.Acquire(kMiB, true, wake);
  auto second = pool.Acquire(kMiB, true, wake);
  ASSERT_NE(first, nullptr);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(pool.Acquire(4096, true, wake), nullptr);
  EXPECT_EQ(woken, 0);
  first.reset();
  EXPECT_EQ(woken, 1);
  EXPECT_NE(pool.Acquire(kMiB, true, wake), nullptr);
}

TEST(BufferPoolTest, WakesDemandBeforeTheRest) {
  BufferPool pool(kMiB);
  std::string order;
  auto held = pool.Acquire(kMiB, true, [] {});
  EXPECT_EQ(pool.Acquire(kMiB, false, [&] { order += "ahead "; }), nullptr);
  EXPECT_EQ(pool.Acquire(kMiB, true, [&] { order += "demand "; }), nullptr);
  held.reset();
  EXPECT_EQ(order, "demand ");
  pool.WakeAll();
  EXPECT_EQ(order, "demand ahead ");
}

TEST(BufferPoolTest, RequestsAreAnsweredBeyondTheLimit) {
  BufferPool pool(kMiB);
  auto held = pool.Acquire(kMiB, true, [] {});
  auto beyond = pool.AcquireAlways(100);
  ASSERT_NE(beyond, nullptr);
  EXPECT_EQ(pool.used_bytes(), kMiB + 4096);
}

TEST(BufferPoolTest, BuffersArePageAlignedAndReused) {
  BufferPool pool(4 * kMiB);
  const char* address = nullptr;
  {
    auto buffer = pool.Acquire(kMiB, true, [] {});
    address = buffer->data();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % 4096, 0u);
  }
  EXPECT_EQ(pool.used_bytes(), 0u);
  EXPECT_EQ(pool.Acquire(kMiB - 1, true, [] {})->data(), address);
}

}  // namespace
}  // namespace larder::cache

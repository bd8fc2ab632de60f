// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/pending_call.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "absl/time/clock.h"

namespace larder::fuse {
namespace {

// A request that counts its replies. Once replied to it is gone: anything after that is a use of
// freed memory.
class FakeCall final : public PendingCall {
 public:
  explicit FakeCall(PendingCalls* calls) : PendingCall(calls), pending_(calls) {}

  void Reply(int error_number) {
    EXPECT_EQ(replies_++, 0);
    error_number_ = error_number;
  }
  int replies() const { return replies_; }
  int error_number() const { return error_number_; }
  // As the kernel may do it: before the request is armed, too.
  void Interrupt() {
    MutexLock lock(&mutex_);
    interrupted_ = true;
    if (armed_ != 0) pending_->Interrupted(armed_);
  }

 private:
  void Arm(uint64_t number) override {
    EXPECT_EQ(replies_, 0);
    MutexLock lock(&mutex_);
    armed_ = number;
    if (interrupted_) pending_->Interrupted(armed_);
  }
  void Disarm() override {
    EXPECT_EQ(replies_, 0);
    MutexLock lock(&mutex_);
    armed_ = 0;
  }
  void ReplyError(int error_number) override { Reply(error_number); }

  PendingCalls* const pending_;
  std::atomic<int> replies_{0};
  std::atomic<int> error_number_{0};
  Mutex mutex_;
  uint64_t armed_ ABSL_GUARDED_BY(mutex_) = 0;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
};

void Spin(unsigned times) {
  std::atomic<unsigned> spun{0};
  while (spun.fetch_add(1, std::memory_order_relaxed) < times) continue;
}

bool Eventually(const std::function<bool()>& holds) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!holds()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

TEST(PendingCallTest, AnAnswerBeforeWaitIsSentByWait) {
  PendingCalls calls;
  auto call = std::make_shared<FakeCall>(&calls);
  call->Answer([&] { call->Reply(0); });
  EXPECT_EQ(call->replies(), 0);
  call->Wait([] { FAIL() << "cancelled"; });
  EXPECT_EQ(call->replies(), 1);
  EXPECT_EQ(calls.size(), 0);
}

TEST(PendingCallTest, AnAnswerAfterWaitIsSentAtOnce) {
  PendingCalls calls;
  auto call = std::make_shared<FakeCall>(&calls);
  call->Wait([] { FAIL() << "cancelled"; });
  EXPECT_EQ(calls.size(), 1);
  call->Answer([&] { call->Reply(0); }, [] { FAIL() << "dropped"; });
  EXPECT_EQ(call->replies(), 1);
  EXPECT_EQ(calls.size(), 0);
}

TEST(PendingCallTest, AnInterruptEndsAWaitAndDropsItsAnswer) {
  PendingCalls calls(absl::Milliseconds(5));
  auto call = std::make_shared<FakeCall>(&calls);
  std::atomic<int> cancels{0};
  call->Wait([&] { ++cancels; });
  call->Interrupt();
  ASSERT_TRUE(Eventually([&] { return cancels == 1; }));
  EXPECT_EQ(call->error_number(), EINTR);
  bool dropped = false;
  call->Answer([] { FAIL() << "replied twice"; }, [&] { dropped = true; });
  EXPECT_TRUE(dropped);
  EXPECT_EQ(call->replies(), 1);
}

TEST(PendingCallTest, AnInterruptBeforeWaitIsNotLost) {
  PendingCalls calls(absl::Milliseconds(5));
  auto call = std::make_shared<FakeCall>(&calls);
  call->Interrupt();
  std::atomic<int> cancels{0};
  call->Wait([&] { ++cancels; });
  ASSERT_TRUE(Eventually([&] { return cancels == 1; }));
  EXPECT_EQ(call->error_number(), EINTR);
}

TEST(PendingCallTest, AnAnswerWithinTheGraceWins) {
  PendingCalls calls(absl::Hours(1));
  auto call = std::make_shared<FakeCall>(&calls);
  call->Wait([] { FAIL() << "cancelled"; });
  call->Interrupt();
  call->Answer([&] { call->Reply(0); });
  EXPECT_EQ(call->error_number(), 0);
  EXPECT_EQ(call->replies(), 1);
}

TEST(PendingCallTest, CancelMayAnswerOnTheSameStack) {
  PendingCalls calls(absl::Milliseconds(1));
  auto call = std::make_shared<FakeCall>(&calls);
  std::atomic<bool> dropped{false};
  call->Wait([&] { call->Answer([] { FAIL() << "replied twice"; }, [&] { dropped = true; }); });
  call->Interrupt();
  EXPECT_TRUE(Eventually([&] { return dropped.load(); }));
  EXPECT_EQ(call->replies(), 1);
}

TEST(PendingCallTest, AbandonEndsWhatWaits) {
  PendingCalls calls;
  std::vector<std::shared_ptr<FakeCall>> waiting;
  for (int i = 0; i < 10; ++i) {
    waiting.push_back(std::make_shared<FakeCall>(&calls));
    waiting.back()->Wait([] {});
  }
  calls.Abandon(ENOTCONN);
  EXPECT_EQ(calls.size(), 0);
  for (const auto& call : waiting) EXPECT_EQ(call->error_number(), ENOTCONN);
}

TEST(PendingCallTest, EachIsRepliedToOnceHoweverTheyRace) {
  PendingCalls calls(absl::ZeroDuration());
  constexpr int kRounds = 4000;
  std::mt19937 random(1);
  int interrupted = 0;
  for (int i = 0; i < kRounds; ++i) {
    auto call = std::make_shared<FakeCall>(&calls);
    std::thread answerer([&, spins = random() % 2000] {
      Spin(spins);
      call->Answer([&] { call->Reply(0); }, [] {});
    });
    std::thread interrupter([&, spins = random() % 2000] {
      Spin(spins);
      call->Interrupt();
    });
    call->Wait([] {});
    answerer.join();
    interrupter.join();
    ASSERT_TRUE(Eventually([&] { return call->replies() == 1; })) << i;
    interrupted += call->error_number() == EINTR;
  }
  calls.Abandon(ENOTCONN);
  RecordProperty("interrupted", interrupted);
}

}  // namespace
}  // namespace larder::fuse

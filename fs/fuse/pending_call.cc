// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/pending_call.h"

#include <cerrno>
#include <vector>

#include "absl/time/clock.h"

namespace larder::fuse {

void PendingCall::Answer(std::function<void()> reply, std::function<void()> dropped) {
  {
    MutexLock lock(&mutex_);
    if (state_ == State::kStarting) {
      early_reply_ = std::move(reply);
      return;
    }
    if (state_ == State::kWaiting) {
      state_ = State::kDone;
      dropped = nullptr;
    } else {
      reply = nullptr;
    }
  }
  if (reply) {
    Disarm();
    reply();
    calls_->Erase(number_);
  } else if (dropped) {
    dropped();
  }
}

void PendingCall::Wait(std::function<void()> cancel) {
  std::function<void()> reply;
  {
    MutexLock lock(&mutex_);
    reply = std::move(early_reply_);
    if (reply) state_ = State::kDone;
  }
  if (reply) {
    reply();
    return;
  }
  // Still kStarting: an answer that comes meanwhile is kept for us, so the request lives on.
  calls_->Insert(shared_from_this());
  Arm(number_);
  int error_number = 0;
  {
    MutexLock lock(&mutex_);
    reply = std::move(early_reply_);
    error_number = early_end_;
    if (!reply && error_number == 0) {
      cancel_ = std::move(cancel);
      state_ = State::kWaiting;
      return;
    }
    state_ = State::kDone;
  }
  Disarm();
  if (reply) {
    reply();
  } else {
    ReplyError(error_number);
  }
  calls_->Erase(number_);
  if (!reply) cancel();
}

void PendingCall::End(int error_number) {
  std::function<void()> cancel;
  {
    MutexLock lock(&mutex_);
    if (state_ == State::kStarting) {
      early_end_ = error_number;
      return;
    }
    if (state_ == State::kDone) return;
    state_ = State::kDone;
    cancel = std::move(cancel_);
  }
  Disarm();
  ReplyError(error_number);
  calls_->Erase(number_);
  cancel();
}

PendingCalls::PendingCalls(absl::Duration interrupt_grace)
    : interrupt_grace_(interrupt_grace), ender_([this] { EndInterrupted(); }) {}

PendingCalls::~PendingCalls() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  ender_.join();
}

void PendingCalls::Interrupted(uint64_t number) {
  MutexLock lock(&mutex_);
  interrupted_.emplace_back(absl::Now() + interrupt_grace_, number);
  changed_.NotifyOne();
}

void PendingCalls::Abandon(int error_number) {
  std::vector<std::shared_ptr<PendingCall>> calls;
  {
    MutexLock lock(&mutex_);
    for (const auto& [number, call] : calls_) calls.push_back(call);
  }
  for (const auto& call : calls) call->End(error_number);
  MutexLock lock(&mutex_);
  while (!calls_.empty()) emptied_.Wait(&mutex_);
}

size_t PendingCalls::size() const {
  MutexLock lock(&mutex_);
  return calls_.size();
}

void PendingCalls::Insert(const std::shared_ptr<PendingCall>& call) {
  MutexLock lock(&mutex_);
  call->number_ = ++last_number_;
  calls_.emplace(call->number_, call);
}

void PendingCalls::Erase(uint64_t number) {
  std::shared_ptr<PendingCall> erased;  // ends outside the lock
  MutexLock lock(&mutex_);
  const auto it = calls_.find(number);
  if (it == calls_.end()) return;
  erased = std::move(it->second);
  calls_.erase(it);
  if (calls_.empty()) emptied_.NotifyAll();
}

void PendingCalls::EndInterrupted() {
  for (;;) {
    std::shared_ptr<PendingCall> call;
    {
      MutexLock lock(&mutex_);
      while (!stopping_ && interrupted_.empty()) changed_.Wait(&mutex_);
      if (stopping_) return;
      const absl::Duration left = interrupted_.front().first - absl::Now();
      if (left > absl::ZeroDuration()) {
        changed_.WaitFor(&mutex_, left);
        continue;
      }
      const auto it = calls_.find(interrupted_.front().second);
      interrupted_.pop_front();
      if (it != calls_.end()) call = it->second;
    }
    if (call != nullptr) call->End(EINTR);
  }
}

}  // namespace larder::fuse

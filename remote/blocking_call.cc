// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/blocking_call.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "remote/retry.h"

namespace larder::remote {

BlockingCall::BlockingCall(const Context& context, const RequestOptions& options)
    : context_(context), options_(options) {
  MutexLock lock(&mutex_);
  last_progress_ = std::chrono::steady_clock::now();
}

void BlockingCall::Begin() {
  MutexLock lock(&mutex_);
  // The queue stops only when the store dies, and nobody calls a dying store.
  (void)ArmDeadline(options_.deadline);
  Schedule();
}

void BlockingCall::Schedule() {
  context_.pool->Run([self = shared_from_this()] {
    if (!self->ended()) self->Work();
  });
}

bool BlockingCall::ArmDeadline(absl::Duration delay) {
  deadline_timer_ = context_.timers->RunAfter(delay, [self = shared_from_this()](bool stopping) {
    stopping ? self->End(absl::CancelledError("the store was closed")) : self->CheckDeadline();
  });
  return deadline_timer_ != 0;
}

absl::Duration BlockingCall::TimeLeft() const {
  return options_.deadline - absl::FromChrono(std::chrono::steady_clock::now() - last_progress_);
}

void BlockingCall::CheckDeadline() {
  absl::Status status;
  {
    MutexLock lock(&mutex_);
    if (ended_) return;
    // The wait of a caller who pauses is the caller's own.
    const absl::Duration left = paused_ || talking_ ? options_.deadline : TimeLeft();
    if (left > absl::ZeroDuration()) {
      if (ArmDeadline(left)) return;
      status = absl::CancelledError("the store was closed");
    } else {
      status = absl::DeadlineExceededError(absl::StrCat(
          last_failure_.ok() ? "the filesystem does not answer" : last_failure_.message(),
          " (given up after ", absl::FormatDuration(options_.deadline), ")"));
    }
  }
  End(status);
}

void BlockingCall::Finish(const absl::Status& status) {
  if (!status.ok()) {
    MutexLock lock(&mutex_);
    if (ended_) return;
    if (!absl::IsNotFound(status) && !absl::IsCancelled(status))
      context_.counters->remote_errors.Add();
    if (absl::IsUnavailable(status) && !options_.single_try) {
      last_failure_ = status;
      const std::optional<absl::Duration> delay =
          NextTryDelay(++failures_, absl::Uniform(random_, 0.0, 1.0), std::nullopt, TimeLeft());
      // Without time for another try the deadline's timer ends the call.
      if (!delay.has_value()) return;
      context_.timers->RunAfter(*delay, [self = shared_from_this()](bool stopping) {
        if (stopping) return self->End(absl::CancelledError("the store was closed"));
        MutexLock again(&self->mutex_);
        if (!self->ended_) self->Schedule();
      });
      return;
    }
  }
  End(status);
}

void BlockingCall::End(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    if (ended_) return;
    if (talking_) {
      if (!end_waits_) end_status_ = status;
      end_waits_ = true;
      return;
    }
    ended_ = true;
    if (deadline_timer_ != 0) context_.timers->Cancel(deadline_timer_);
  }
  Deliver(status);
}

void BlockingCall::Cancel() {
  MutexLock lock(&mutex_);
  if (ended_) return;
  // Never on the caller's stack.
  context_.timers->RunAfter(absl::ZeroDuration(), [self = shared_from_this()](bool) {
    self->End(absl::CancelledError("cancelled"));
  });
}

void BlockingCall::Resume() {
  MutexLock lock(&mutex_);
  if (ended_) return;
  if (talking_) resumed_ = true;
  if (!paused_) return;
  paused_ = false;
  last_progress_ = std::chrono::steady_clock::now();
  Schedule();
}

bool BlockingCall::StartTalking() {
  MutexLock lock(&mutex_);
  if (ended_) return false;
  talking_ = true;
  resumed_ = false;
  failures_ = 0;
  return true;
}

BlockingCall::Next BlockingCall::StopTalking(bool paused) {
  absl::Status end_status;
  {
    MutexLock lock(&mutex_);
    talking_ = false;
    last_progress_ = std::chrono::steady_clock::now();
    if (!end_waits_) {
      if (!paused || resumed_) return Next::kGoOn;
      paused_ = true;
      return Next::kReturn;
    }
    end_status = end_status_;
  }
  End(end_status);
  return Next::kReturn;
}

bool BlockingCall::ended() {
  MutexLock lock(&mutex_);
  return ended_ || end_waits_;
}

void BlockingCall::CountRequest() {
  MutexLock lock(&mutex_);
  if (!ended_) context_.counters->remote_requests.Add();
}

}  // namespace larder::remote

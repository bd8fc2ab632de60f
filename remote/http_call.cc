// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_call.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "remote/range_read.h"
#include "remote/retry.h"

namespace larder::remote {

// The handler of one request.
class HttpCall::Try : public HttpHandler {
 public:
  explicit Try(std::shared_ptr<HttpCall> call) : call_(std::move(call)) {}

  absl::Status OnHead(const HttpHead& head) override {
    head_ = head;
    wanted_ = call_->IsAnswer(head.status);
    if (!wanted_) return absl::OkStatus();  // the body may say why
    refusal_ = call_->TakeHead(head);
    return refusal_.status;
  }

  bool OnBody(std::span<const char> bytes) override {
    if (wanted_) return call_->TakeBody(bytes);
    const size_t room = HttpDialect::kMaxErrorBody - error_body_.size();
    error_body_.append(bytes.data(), std::min(room, bytes.size()));
    return true;
  }

  void OnDone(const HttpOutcome& outcome) override {
    HttpRefusal result{outcome.status, outcome.retryable};
    if (!refusal_.status.ok()) {
      result = refusal_;
    } else if (head_.status != 0 && !wanted_ && !absl::IsCancelled(outcome.status)) {
      // Even if the error's body broke off.
      result = call_->context_.dialect->Explain(head_, error_body_);
    } else if (outcome.status.ok()) {
      result = {call_->TakeEnd(), true};
    }
    const std::shared_ptr<HttpCall> call = std::move(call_);
    call->TryEnded(result, head_.Header("retry-after"));
  }

 private:
  std::shared_ptr<HttpCall> call_;
  HttpHead head_;
  bool wanted_ = false;
  HttpRefusal refusal_;
  std::string error_body_;
};

HttpCall::HttpCall(const HttpContext& context, const RequestOptions& options)
    : context_(context), options_(options) {
  MutexLock lock(&mutex_);
  RenewDeadline();
}

void HttpCall::Begin() { StartTry(); }

void HttpCall::RenewDeadline() {
  deadline_ = std::chrono::steady_clock::now() +
              absl::ToChronoNanoseconds(std::min(options_.deadline, absl::Hours(24)));
}

absl::Duration HttpCall::TimeLeft() {
  MutexLock lock(&mutex_);
  return absl::FromChrono(deadline_ - std::chrono::steady_clock::now());
}

void HttpCall::StartTry() {
  HttpRequest bare = NextRequest();
  bare.time_limit = std::max(TimeLeft(), absl::ZeroDuration());
  if (bare.renewed_limit.has_value()) bare.renewed_limit = options_.deadline;
  auto request = context_.dialect->Prepare(std::move(bare));
  if (!request.ok()) {
    FinishSoon(request.status());
    return;
  }
  auto handler = std::make_shared<Try>(shared_from_this());
  {
    MutexLock lock(&mutex_);
    timer_ = 0;
    if (!cancelled_) {
      current_ = context_.client->Start(*std::move(request), std::move(handler));
      return;
    }
  }
  FinishSoon(absl::CancelledError("cancelled"));
}

void HttpCall::TryEnded(const HttpRefusal& outcome, absl::string_view retry_after) {
  bool cancelled;
  bool ended_early;
  {
    MutexLock lock(&mutex_);
    current_ = nullptr;
    cancelled = cancelled_;
    ended_early = ended_early_;
  }
  if (ended_early) return Finish(absl::OkStatus());
  if (cancelled && !outcome.status.ok()) return Finish(absl::CancelledError("cancelled"));
  if (outcome.status.ok() || absl::IsCancelled(outcome.status)) return Finish(outcome.status);
  if (IsError(outcome.status)) context_.counters->remote_errors.Add();
  if (!outcome.retryable || options_.single_try) return Finish(outcome.status);
  ++failures_;
  if (absl::IsDataLoss(outcome.status) && ++short_bodies_ >= kMaxShortBodies) {
    return Finish(outcome.status);
  }
  RetryLater(outcome.status, retry_after);
}

void HttpCall::RetryLater(const absl::Status& cause, absl::string_view retry_after) {
  const std::optional<absl::Duration> delay =
      NextTryDelay(failures_, absl::Uniform(random_, 0.0, 1.0),
                   ParseRetryAfter(retry_after, absl::Now()), TimeLeft());
  if (!delay.has_value()) {
    return Finish(absl::DeadlineExceededError(
        absl::StrCat(cause.message(), " (given up after ", failures_, " tries in ",
                     absl::FormatDuration(options_.deadline), ")")));
  }
  {
    MutexLock lock(&mutex_);
    if (!cancelled_) {
      timer_ = context_.timers->RunAfter(*delay, [self = shared_from_this()](bool stopping) {
        stopping ? self->Finish(absl::CancelledError("the store was closed")) : self->StartTry();
      });
      if (timer_ != 0) return;
    }
  }
  Finish(absl::CancelledError("cancelled"));
}

void HttpCall::Cancel() {
  std::shared_ptr<HttpTransfer> current;
  bool waits;  // for its next try, which will not be now
  {
    MutexLock lock(&mutex_);
    if (finished_ || cancelled_) return;
    cancelled_ = true;
    current = current_;
    // Where the timer's task is running already it sees cancelled_.
    waits = timer_ != 0 && context_.timers->Cancel(timer_);
  }
  if (waits) FinishSoon(absl::CancelledError("cancelled"));
  if (current != nullptr) current->Cancel();
}

void HttpCall::Resume() {
  std::shared_ptr<HttpTransfer> current;
  {
    MutexLock lock(&mutex_);
    if (finished_) return;
    RenewDeadline();
    current = current_;
  }
  if (current != nullptr) current->Resume();
}

void HttpCall::MadeProgress(size_t bytes) {
  failures_ = 0;
  short_bodies_ = 0;
  bytes_since_renewal_ += bytes;
  if (bytes_since_renewal_ < HttpClient::kProgressBytes) return;
  bytes_since_renewal_ = 0;
  MutexLock lock(&mutex_);
  RenewDeadline();
}

void HttpCall::EndEarly() {
  std::shared_ptr<HttpTransfer> current;
  {
    MutexLock lock(&mutex_);
    ended_early_ = true;
    current = current_;
  }
  if (current != nullptr) current->Cancel();
}

void HttpCall::Finish(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    if (finished_) return;
    finished_ = true;
    current_ = nullptr;
  }
  Deliver(status);
}

void HttpCall::FinishSoon(const absl::Status& status) {
  const TimerQueue::TimerId id = context_.timers->RunAfter(
      absl::ZeroDuration(), [self = shared_from_this(), status](bool) { self->Finish(status); });
  if (id == 0) Finish(status);
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_CALL_H_
#define LARDER_REMOTE_HTTP_CALL_H_

#include <chrono>
#include <memory>
#include <span>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "remote/http_client.h"
#include "remote/http_dialect.h"
#include "remote/http_session.h"
#include "remote/object_store.h"
#include "remote/timer_queue.h"

namespace larder::remote {

// One call of a store that speaks HTTP: try after try until one succeeds, fails for good, or the
// deadline comes. What is asked for and what is made of the answer is the subclass's. Cancel and
// Resume are thread-safe. The virtual methods are called one at a time (from the client's, the
// timers' and, the first NextRequest, the caller's thread).
//
// Lock order: mutex_ before those of the client and the timers.
class HttpCall : public Transfer, public std::enable_shared_from_this<HttpCall> {
 public:
  HttpCall(const HttpContext& context, const RequestOptions& options);

  // Once, when owned by a shared_ptr.
  void Begin();

  void Cancel() override ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() override ABSL_LOCKS_EXCLUDED(mutex_);

 protected:
  // What the next try asks for, before the dialect has dressed it; its time limit is set by
  // HttpCall.
  virtual HttpRequest NextRequest() = 0;
  // Whether an answer of this status is what was asked for; else HttpDialect::Explain says what it
  // means.
  virtual bool IsAnswer(int status) const { return status == 200 || status == 206; }
  // The head of an answer. Not OK: the try ends, and so does the call unless
  // retryable.
  virtual HttpRefusal TakeHead(const HttpHead& head) = 0;
  // As HttpHandler::OnBody, of such an answer.
  virtual bool TakeBody(std::span<const char> bytes) = 0;
  // The whole answer has come. DataLoss: it was not what its head promised (is tried again).
  virtual absl::Status TakeEnd() = 0;
  // Once, last.
  virtual void Deliver(const absl::Status& status) = 0;
  // Whether an outcome counts among remote_errors.
  virtual bool IsError(const absl::Status& status) const = 0;

  // For TakeBody: more has come. The deadline is of waits from now on, not of the whole call.
  void MadeProgress(size_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  // For TakeBody: nothing more is wanted of this answer; the call ends well.
  void EndEarly() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  class Try;
  using Time = std::chrono::steady_clock::time_point;

  void StartTry() ABSL_LOCKS_EXCLUDED(mutex_);
  void TryEnded(const HttpRefusal& outcome, absl::string_view retry_after)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void RetryLater(const absl::Status& cause, absl::string_view retry_after)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Finish(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  void FinishSoon(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Duration TimeLeft() ABSL_LOCKS_EXCLUDED(mutex_);
  void RenewDeadline() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const HttpContext context_;
  const RequestOptions options_;

  // --- of the try under way ---
  absl::BitGen random_;
  int failures_ = 0;  // in a row without progress; likewise:
  int short_bodies_ = 0;
  uint64_t bytes_since_renewal_ = 0;

  Mutex mutex_;
  Time deadline_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_early_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<HttpTransfer> current_ ABSL_GUARDED_BY(mutex_);
  TimerQueue::TimerId timer_ ABSL_GUARDED_BY(mutex_) = 0;  // of the next try
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_CALL_H_

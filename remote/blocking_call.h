// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_BLOCKING_CALL_H_
#define LARDER_REMOTE_BLOCKING_CALL_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "remote/blocking_pool.h"
#include "remote/object_store.h"
#include "remote/timer_queue.h"

namespace larder::remote {

// One call of a store whose work blocks: it runs on a pool's thread, and the caller is answered in
// time even if that thread never comes back. Retries what is Unavailable until the deadline. Cancel
// and Resume are thread-safe.
class BlockingCall : public Transfer, public std::enable_shared_from_this<BlockingCall> {
 public:
  // Not owned. `timers` is stopped before `pool` dies, which ends every call.
  struct Context {
    BlockingPool* pool;
    TimerQueue* timers;
    DatasetCounters* counters;
  };

  BlockingCall(const Context& context, const RequestOptions& options);

  // Once, when owned by a shared_ptr.
  void Begin();
  void Cancel() override;
  void Resume() override ABSL_LOCKS_EXCLUDED(mutex_);

 protected:
  // On a thread of the pool: works until it ends the call by Finish, or pauses. A thread that was
  // stuck may come back long after the call has ended, even after the store's end: it may touch
  // only what the call owns, but between StartTalking and StopTalking.
  virtual void Work() = 0;
  // Once, last.
  virtual void Deliver(const absl::Status& status) = 0;

  // The work's outcome. What is worth a retry calls Work again later.
  void Finish(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  // The caller's own error: no retry, and not the remote's.
  void FinishForGood(const absl::Status& status) { End(status); }
  // The caller's callbacks, and all that is borrowed, are used between these two. False: the call
  // has ended, and Work must return. Whatever would end the call in between waits for StopTalking.
  bool StartTalking() ABSL_LOCKS_EXCLUDED(mutex_);
  enum class Next { kGoOn, kReturn };
  // `paused`: the caller wants no more now; Work is called again after Resume. kReturn: Work must
  // return.
  Next StopTalking(bool paused) ABSL_LOCKS_EXCLUDED(mutex_);
  bool ended() ABSL_LOCKS_EXCLUDED(mutex_);

  // Counts one of remote_requests, unless the call has ended.
  void CountRequest() ABSL_LOCKS_EXCLUDED(mutex_);
  // Between StartTalking and StopTalking.
  DatasetCounters& counters() { return *context_.counters; }

 private:
  using Time = std::chrono::steady_clock::time_point;

  // The context is used under mutex_ as long as the call has not ended: until then it stands.
  void Schedule() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ArmDeadline(absl::Duration delay) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CheckDeadline() ABSL_LOCKS_EXCLUDED(mutex_);
  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Duration TimeLeft() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Context context_;
  const RequestOptions options_;

  Mutex mutex_;
  absl::BitGen random_ ABSL_GUARDED_BY(mutex_);
  bool talking_ ABSL_GUARDED_BY(mutex_) = false;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool resumed_ ABSL_GUARDED_BY(mutex_) =
      false;  // while talking: the pause that may come is over already
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool end_waits_ ABSL_GUARDED_BY(mutex_) = false;  // for StopTalking, with end_status_
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  absl::Status last_failure_ ABSL_GUARDED_BY(mutex_);
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  Time last_progress_ ABSL_GUARDED_BY(mutex_);
  TimerQueue::TimerId deadline_timer_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_BLOCKING_CALL_H_

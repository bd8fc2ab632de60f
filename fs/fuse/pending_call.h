// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_PENDING_CALL_H_
#define LARDER_FS_FUSE_PENDING_CALL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/mutex.h"

// One request of the kernel whose answer may come later, on another thread, or never because the
// caller was interrupted. However these race, the request is replied to exactly once.
//
// A session thread makes a PendingCall, starts the asynchronous call with a callback that calls
// Answer(), and then calls Wait(). An answer that has come by then is replied to by Wait(): no
// table, no interrupt, nothing shared. Else the call enters the table under a number; the number,
// not a pointer, is what the interrupt handler gets, so that it may come as late as it likes.
//
// An interrupt is acted on kInterruptGrace after it came. Signals that a program handles (a
// profiler's timer, SIGCHLD) interrupt a wait as much as SIGKILL does, and a read of a regular file
// that gives EINTR breaks programs: those reads end by their data, and only waits that really stall
// end by EINTR.

namespace larder::fuse {

class PendingCalls;

class PendingCall : public std::enable_shared_from_this<PendingCall> {
 public:
  explicit PendingCall(PendingCalls* calls) : calls_(calls) {}
  virtual ~PendingCall() = default;
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;

  // The answer has come: `reply` is run once, here or by Wait(), or, where the request was
  // interrupted before, `dropped` (may be empty) instead. Call at most once. Any thread.
  void Answer(std::function<void()> reply, std::function<void()> dropped = nullptr)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The asynchronous call has been started; `cancel` ends it. Call once, on the thread that made
  // this.
  void Wait(std::function<void()> cancel) ABSL_LOCKS_EXCLUDED(mutex_);

 protected:
  // The request exists in each of these. Arm: PendingCalls::Interrupted(number) is to be called
  // when the request is interrupted, or at once if it has been. Disarm: not any more. ReplyError:
  // the request ends.
  virtual void Arm(uint64_t number) = 0;
  virtual void Disarm() = 0;
  virtual void ReplyError(int error_number) = 0;

 private:
  friend class PendingCalls;
  enum class State {
    kStarting,  // the session thread has it
    kWaiting,   // whoever comes first takes it: Answer or End
    kDone,      // replied to, or about to be by whoever changed the state
  };

  // Ends it with an error, unless it has been answered.
  void End(int error_number) ABSL_LOCKS_EXCLUDED(mutex_);

  PendingCalls* const calls_;
  uint64_t number_ = 0;  // set by Wait before anyone else can see it

  Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kStarting;
  int early_end_ ABSL_GUARDED_BY(mutex_) = 0;  // End() came while kStarting
  std::function<void()> early_reply_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> cancel_ ABSL_GUARDED_BY(mutex_);
};

// The calls that wait, by number, and the thread that ends the interrupted ones. Thread-safe.
class PendingCalls {
 public:
  static constexpr absl::Duration kInterruptGrace = absl::Milliseconds(500);

  explicit PendingCalls(absl::Duration interrupt_grace = kInterruptGrace);
  // Every call must have been made and answered or abandoned.
  ~PendingCalls();
  PendingCalls(const PendingCalls&) = delete;
  PendingCalls& operator=(const PendingCalls&) = delete;

  // From the interrupt handler, under the FUSE library's locks: only notes it.
  void Interrupted(uint64_t number) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends all that wait with `error_number`: the connection is gone, and later answers are dropped.
  // Call when no session thread runs any more; after it no request exists.
  void Abandon(int error_number) ABSL_LOCKS_EXCLUDED(mutex_);
  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class PendingCall;
  void Insert(const std::shared_ptr<PendingCall>& call) ABSL_LOCKS_EXCLUDED(mutex_);
  void Erase(uint64_t number) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndInterrupted() ABSL_LOCKS_EXCLUDED(mutex_);

  const absl::Duration interrupt_grace_;
  // Never held while a call's mutex is taken.
  mutable Mutex mutex_;
  CondVar changed_;  // interrupted_, stopping_
  CondVar emptied_;  // calls_
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  // Until they have been replied to.
  absl::flat_hash_map<uint64_t, std::shared_ptr<PendingCall>> calls_ ABSL_GUARDED_BY(mutex_);
  // (when to end it, number), in order, since the grace is one constant. Bounded by the kernel's
  // requests.
  std::deque<std::pair<absl::Time, uint64_t>> interrupted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread ender_;
};

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_PENDING_CALL_H_

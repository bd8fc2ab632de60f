// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_WAIT_TABLE_H_
#define LARDER_FS_WAIT_TABLE_H_

#include <cstdint>
#include <functional>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/mutex.h"

namespace larder::fs {

// Operations that wait, by ticket, so that each is answered exactly once: by its result or by a
// cancel, whichever claims it first. Thread-safe; the lock is a leaf.
class WaitTable {
 public:
  using Fail = std::function<void(const absl::Status&)>;

  // `fail` answers the operation with an error. 0 after Shutdown(): answer Cancelled.
  uint64_t Add(Fail fail) ABSL_LOCKS_EXCLUDED(mutex_);
  // True: the caller answers the operation, nobody else will.
  bool Claim(uint64_t ticket) ABSL_LOCKS_EXCLUDED(mutex_);
  // Answers with Cancelled on the caller's stack; nothing if answered.
  void Cancel(uint64_t ticket) ABSL_LOCKS_EXCLUDED(mutex_);
  // Cancels all, and whatever comes later.
  void Shutdown() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t last_ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, Fail> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_WAIT_TABLE_H_

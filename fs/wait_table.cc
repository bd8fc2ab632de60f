// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/wait_table.h"

#include <utility>

namespace larder::fs {

uint64_t WaitTable::Add(Fail fail) {
  MutexLock lock(&mutex_);
  if (stopped_) return 0;
  const uint64_t ticket = ++last_ticket_;
  waiting_[ticket] = std::move(fail);
  return ticket;
}

bool WaitTable::Claim(uint64_t ticket) {
  Fail dropped;  // what it holds dies after the lock is gone
  MutexLock lock(&mutex_);
  const auto it = waiting_.find(ticket);
  if (it == waiting_.end()) return false;
  dropped = std::move(it->second);
  waiting_.erase(it);
  return true;
}

void WaitTable::Cancel(uint64_t ticket) {
  Fail fail;
  {
    MutexLock lock(&mutex_);
    const auto it = waiting_.find(ticket);
    if (it == waiting_.end()) return;
    fail = std::move(it->second);
    waiting_.erase(it);
  }
  fail(absl::CancelledError("interrupted"));
}

void WaitTable::Shutdown() {
  absl::flat_hash_map<uint64_t, Fail> waiting;
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    waiting.swap(waiting_);
  }
  for (const auto& [ticket, fail] : waiting) fail(absl::CancelledError("shutting down"));
}

}  // namespace larder::fs

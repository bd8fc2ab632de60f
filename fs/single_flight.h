// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_SINGLE_FLIGHT_H_
#define LARDER_FS_SINGLE_FLIGHT_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"

namespace larder::fs {

// Who waits for what is under way, so that many who ask for one thing cause one request.
// Thread-safe; the lock is a leaf.
template <typename Result>
class SingleFlight {
 public:
  using Done = std::function<void(const Result&)>;

  // Waits with those who wait for `key` already. True: nobody did, the caller begins the work,
  // which must end by Finish(). `done` may be empty: nobody waits, the work is wanted all the same.
  bool Join(absl::string_view key, Done done) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    const auto [it, begins] = flights_.try_emplace(std::string(key));
    if (done) it->second.push_back(std::move(done));
    return begins;
  }

  // Gives the result to all who wait for `key`, on the caller's stack, and forgets it: who joins
  // now begins anew.
  void Finish(absl::string_view key, const Result& result) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::vector<Done> waiting;
    {
      MutexLock lock(&mutex_);
      const auto it = flights_.find(key);
      if (it == flights_.end()) return;
      waiting = std::move(it->second);
      flights_.erase(it);
    }
    for (const Done& done : waiting) done(result);
  }

  size_t size() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return flights_.size();
  }

 private:
  Mutex mutex_;
  absl::flat_hash_map<std::string, std::vector<Done>> flights_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_SINGLE_FLIGHT_H_

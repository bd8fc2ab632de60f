// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_WAITING_OBJECTS_H_
#define LARDER_CACHE_WAITING_OBJECTS_H_

#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace larder::cache {

class Object;

// The objects that have reads waiting, so that each wait can be ended at its deadline. Thread-safe;
// calls objects without its lock; may be called with an object's lock held.
class WaitingObjects {
 public:
  void Add(const std::shared_ptr<Object>& object);
  void Remove(const Object* object);
  // Ends the waits that are over at `now` with DeadlineExceeded.
  void Expire(absl::Time now);

 private:
  Mutex mutex_;
  absl::flat_hash_map<const Object*, std::weak_ptr<Object>> objects_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_WAITING_OBJECTS_H_

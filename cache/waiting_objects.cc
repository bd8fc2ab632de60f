// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/waiting_objects.h"

#include <vector>

#include "cache/object.h"

namespace larder::cache {

void WaitingObjects::Add(const std::shared_ptr<Object>& object) {
  MutexLock lock(&mutex_);
  objects_.emplace(object.get(), object);
}

void WaitingObjects::Remove(const Object* object) {
  MutexLock lock(&mutex_);
  objects_.erase(object);
}

void WaitingObjects::Expire(absl::Time now) {
  std::vector<std::shared_ptr<Object>> objects;
  {
    MutexLock lock(&mutex_);
    for (const auto& [key, weak] : objects_) {
      if (std::shared_ptr<Object> object = weak.lock()) objects.push_back(std::move(object));
    }
  }
  for (const auto& object : objects) object->ExpireWaits(now);
}

}  // namespace larder::cache

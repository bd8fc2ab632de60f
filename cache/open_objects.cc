// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/open_objects.h"

#include "cache/object.h"

namespace larder::cache {

std::shared_ptr<Object> OpenObjects::FindOrMake(
    const Digest& id, const std::function<std::shared_ptr<Object>()>& make, bool* made) {
  MutexLock lock(&mutex_);
  while (true) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) break;
    if (std::shared_ptr<Object> object = found->second.lock()) {
      *made = false;
      return object;
    }
    changed_.WaitFor(&mutex_, absl::Milliseconds(100));
  }
  std::shared_ptr<Object> object = make();
  entries_[id] = object;
  *made = true;
  return object;
}

std::shared_ptr<Object> OpenObjects::Find(const Digest& id) {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.lock();
}

void OpenObjects::Closed(const Digest& id) {
  {
    MutexLock lock(&mutex_);
    entries_.erase(id);
  }
  changed_.NotifyAll();
}

bool OpenObjects::Claim(const Digest& id) {
  MutexLock lock(&mutex_);
  return entries_.try_emplace(id).second;
}

}  // namespace larder::cache

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/connection.h"

namespace larder::fuse {

void ListingExpiries::Set(fs::InodeNumber folder, absl::Time expiry) {
  MutexLock lock(&mutex_);
  if (expiries_.size() >= kLimit) expiries_.clear();
  expiries_[folder] = expiry;
}

void ListingExpiries::Drop(fs::InodeNumber folder) {
  MutexLock lock(&mutex_);
  expiries_.erase(folder);
}

bool ListingExpiries::MayKeep(fs::InodeNumber folder, absl::Time now) const {
  MutexLock lock(&mutex_);
  const auto it = expiries_.find(folder);
  return it != expiries_.end() && now < it->second;
}

}  // namespace larder::fuse

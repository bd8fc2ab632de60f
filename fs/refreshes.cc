// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/refreshes.h"

#include <algorithm>

#include "base/path.h"

namespace larder::fs {

void Refreshes::Add(absl::string_view path, absl::Time now) {
  MutexLock lock(&mutex_);
  // Those it covers are older.
  std::erase_if(refreshes_, [&](const Refresh& one) { return IsAtOrBelow(one.path, path); });
  if (refreshes_.size() >= kLimit) {
    refreshes_.clear();
    path = "";
  }
  refreshes_.push_back({std::string(path), now});
  any_ = true;
}

absl::Time Refreshes::At(absl::string_view path) const {
  absl::Time at = absl::InfinitePast();
  if (!any_) return at;
  MutexLock lock(&mutex_);
  for (const Refresh& one : refreshes_) {
    if (IsAtOrBelow(path, one.path)) at = std::max(at, one.at);
  }
  return at;
}

}  // namespace larder::fs

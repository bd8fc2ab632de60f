// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/negative_names.h"

#include <algorithm>

namespace larder::fs {

void NegativeNames::Put(absl::string_view path, absl::Time asked_at) {
  MutexLock lock(&mutex_);
  const auto it = by_path_.find(path);
  if (it != by_path_.end()) {
    it->second->asked_at = std::max(it->second->asked_at, asked_at);
    names_.splice(names_.begin(), names_, it->second);
    return;
  }
  names_.push_front({std::string(path), asked_at});
  by_path_[names_.front().path] = names_.begin();
  if (names_.size() > capacity_) {
    by_path_.erase(names_.back().path);
    names_.pop_back();
  }
}

void NegativeNames::Erase(absl::string_view path) {
  MutexLock lock(&mutex_);
  const auto it = by_path_.find(path);
  if (it == by_path_.end()) return;
  const auto name = it->second;
  by_path_.erase(it);
  names_.erase(name);
}

std::optional<absl::Time> NegativeNames::Find(absl::string_view path) {
  MutexLock lock(&mutex_);
  const auto it = by_path_.find(path);
  if (it == by_path_.end()) return std::nullopt;
  names_.splice(names_.begin(), names_, it->second);
  return it->second->asked_at;
}

}  // namespace larder::fs

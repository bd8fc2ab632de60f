// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/stat_ahead.h"

#include <algorithm>
#include <utility>

namespace larder::fs {

StatAhead::Walk* StatAhead::Find(absl::string_view folder) {
  const auto it = by_folder_.find(folder);
  if (it == by_folder_.end()) return nullptr;
  walks_.splice(walks_.begin(), walks_, it->second);
  return &*it->second;
}

StatAhead::Wish StatAhead::OnLookup(absl::string_view folder, absl::string_view name, bool missed) {
  MutexLock lock(&mutex_);
  Walk* walk = Find(folder);
  const bool met = walk != nullptr && !walk->ahead.empty() && name >= walk->ahead.front() &&
                   name <= walk->ahead.back();
  if (met) {
    while (!walk->ahead.empty() && walk->ahead.front() <= name) walk->ahead.pop_front();
    walk->window = std::min(2 * walk->window, kMaxWindow);
  } else if (!missed) {
    return {};
  } else {
    if (walk == nullptr) {
      if (walks_.size() == kMaxFolders) {
        by_folder_.erase(walks_.back().folder);
        walks_.pop_back();
      }
      walks_.emplace_front();
      walk = &walks_.front();
      walk->folder = std::string(folder);
      by_folder_[walk->folder] = walks_.begin();
    }
    // Several readers of one folder meet here; a wish given out already is left alone.
    if (walk->asking) return {};
    walk->ahead.clear();
    walk->window = kFirstWindow;
    walk->at_end = false;
  }
  if (walk->asking || walk->at_end || walk->ahead.size() > walk->window / 2) return {};
  walk->asking = true;
  return {walk->ahead.empty() ? std::string(name) : walk->ahead.back(),
          walk->window - walk->ahead.size()};
}

void StatAhead::Begun(absl::string_view folder, const Wish& wish, std::vector<std::string> names) {
  MutexLock lock(&mutex_);
  Walk* walk = Find(folder);
  if (walk == nullptr) return;
  walk->asking = false;
  walk->at_end = names.size() < wish.count;
  // Lookups may have emptied it meanwhile; names that come before what is there are dropped.
  for (std::string& name : names) {
    if (walk->ahead.empty() || name > walk->ahead.back()) walk->ahead.push_back(std::move(name));
  }
}

}  // namespace larder::fs

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_STAT_AHEAD_H_
#define LARDER_FS_STAT_AHEAD_H_

#include <deque>
#include <list>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"

namespace larder::fs {

// Whose attributes to ask for before anyone looks them up, in folders whose listing has names only:
// `ls -l` looks names up one after another, in the folder's order, and must not pay a round trip
// for each. The window starts small and doubles each time that a lookup meets a name that was
// begun; a lookup elsewhere starts again there, so lookups in no order cost little more than
// themselves. Decides only; the catalog asks. Thread-safe; the lock is a leaf.
class StatAhead {
 public:
  static constexpr size_t kFirstWindow = 4;
  static constexpr size_t kMaxWindow = 32;
  static constexpr size_t kMaxFolders = 64;  // walked at a time

  // Begin the next `count` names of the folder after `after`; nothing if 0.
  struct Wish {
    std::string after;
    size_t count = 0;
  };
  // `name` is looked up; `missed`: what is known of it does not answer.
  Wish OnLookup(absl::string_view folder, absl::string_view name, bool missed)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The names after `wish.after`: fewer than wished for at the folder's end.
  void Begun(absl::string_view folder, const Wish& wish, std::vector<std::string> names)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Walk {
    std::string folder;
    std::deque<std::string> ahead;  // begun and not looked up yet, in order
    size_t window = kFirstWindow;
    bool asking = false;  // a wish is given out
    bool at_end = false;
  };

  Walk* Find(absl::string_view folder) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  std::list<Walk> walks_ ABSL_GUARDED_BY(mutex_);  // used last first
  absl::flat_hash_map<absl::string_view, std::list<Walk>::iterator> by_folder_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_STAT_AHEAD_H_

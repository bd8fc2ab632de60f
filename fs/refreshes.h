// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_REFRESHES_H_
#define LARDER_FS_REFRESHES_H_

#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace larder::fs {

// What was asked to be refreshed, and when: what is known from before has to be asked for again,
// however fresh. In memory only. Thread-safe.
class Refreshes {
 public:
  // All at and below `path` ("": all of the dataset).
  void Add(absl::string_view path, absl::Time now);
  // When `path` was last refreshed; InfinitePast: never.
  absl::Time At(absl::string_view path) const;

 private:
  // Beyond it all counts as refreshed: asked for once more than need be.
  static constexpr size_t kLimit = 64;

  struct Refresh {
    std::string path;
    absl::Time at;
  };

  std::atomic<bool> any_{false};  // most datasets have none, and each lookup asks
  mutable Mutex mutex_;
  std::vector<Refresh> refreshes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_REFRESHES_H_

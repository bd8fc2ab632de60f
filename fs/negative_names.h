// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_NEGATIVE_NAMES_H_
#define LARDER_FS_NEGATIVE_NAMES_H_

#include <list>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace larder::fs {

// Paths that the remote said are not there, and when; the least recently used give way. Old ones
// stay until then: they are what is known while the remote can't be reached. Thread-safe; the lock
// is a leaf.
class NegativeNames {
 public:
  explicit NegativeNames(size_t capacity) : capacity_(capacity) {}

  void Put(absl::string_view path, absl::Time asked_at) ABSL_LOCKS_EXCLUDED(mutex_);
  void Erase(absl::string_view path) ABSL_LOCKS_EXCLUDED(mutex_);
  // When the remote was asked; nullopt: not known to be absent.
  std::optional<absl::Time> Find(absl::string_view path) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Name {
    std::string path;
    absl::Time asked_at;
  };

  const size_t capacity_;
  Mutex mutex_;
  std::list<Name> names_ ABSL_GUARDED_BY(mutex_);  // used last first
  absl::flat_hash_map<absl::string_view, std::list<Name>::iterator> by_path_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_NEGATIVE_NAMES_H_

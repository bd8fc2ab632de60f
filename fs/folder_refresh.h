// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FOLDER_REFRESH_H_
#define LARDER_FS_FOLDER_REFRESH_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "index/records.h"

namespace larder::fs {

// When to list a folder anew instead of asking for its names one by one: a job that opens every
// file of a folder after the TTL would pay a round trip for each, while a page of a listing renews
// a thousand names. A listing is due once as many names of the folder were asked for as it will
// take pages, so at worst twice the requests are made. Decides only. Thread-safe; the lock is a
// leaf.
class FolderRefresh {
 public:
  // An old name of a folder whose listing is `folder` is about to be asked for. True: list the
  // folder too; once per listing.
  bool OnRevalidation(absl::string_view path, const index::FolderRecord& folder)
      ABSL_LOCKS_EXCLUDED(mutex_);

  static constexpr uint64_t kMinNames = 16;  // single files that are looked at again list nothing
  static constexpr uint64_t kNamesPerPage = 1000;  // of S3
  static constexpr size_t kMaxFolders = 1024;  // counted at a time; beyond, all are counted anew

 private:
  struct Count {
    uint64_t listing = 0;
    uint64_t names = 0;
  };

  Mutex mutex_;
  absl::flat_hash_map<std::string, Count> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_FOLDER_REFRESH_H_

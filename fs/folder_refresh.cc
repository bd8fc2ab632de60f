// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/folder_refresh.h"

#include <algorithm>

namespace larder::fs {

bool FolderRefresh::OnRevalidation(absl::string_view path, const index::FolderRecord& folder) {
  const uint64_t due = std::max(kMinNames, folder.entries / kNamesPerPage);
  MutexLock lock(&mutex_);
  if (counts_.size() >= kMaxFolders && !counts_.contains(path)) counts_.clear();
  Count& count = counts_[path];
  if (count.listing != folder.listing) count = {folder.listing, 0};
  return ++count.names == due;
}

}  // namespace larder::fs

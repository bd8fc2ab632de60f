// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/open_index.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/log.h"

namespace larder::cache {
namespace {

// DataLoss: broken.
absl::StatusOr<std::unique_ptr<index::Index>> OpenWhole(const CacheFolder& folder,
                                                        const index::IndexOptions& options) {
  if (folder.IsMarkedBroken()) return absl::DataLossError("an earlier run found it broken");
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<index::Index> index, index::Index::Open(options));
  LARDER_ASSIGN_OR_RETURN(const auto meta, index->GetMeta());
  // Without it nobody knows which file numbers were given out, and what was synced.
  LARDER_ASSIGN_OR_RETURN(const bool holds_files, folder.HoldsFiles());
  if (!meta && holds_files) return absl::DataLossError("its first record is missing");
  return index;
}

}  // namespace

absl::StatusOr<std::unique_ptr<index::Index>> OpenIndex(const CacheFolder& folder,
                                                        index::IndexOptions options,
                                                        const std::string& boot_id) {
  options.log_may_be_torn = !folder.LastRunLeftLogWhole(boot_id);
  absl::StatusOr<std::unique_ptr<index::Index>> index = OpenWhole(folder, options);
  if (!absl::IsDataLoss(index.status())) return index;
  LogError(absl::StrCat("cache: the index of ", folder.path(), " is broken (",
                        index.status().message(),
                        "): the cache begins empty, what is read is fetched again"));
  LARDER_RETURN_IF_ERROR(WithContext(folder.DropContents(), "dropping a broken cache"));
  return index::Index::Open(options);
}

}  // namespace larder::cache

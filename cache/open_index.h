// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_OPEN_INDEX_H_
#define LARDER_CACHE_OPEN_INDEX_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cache/cache_folder.h"
#include "index/index.h"

namespace larder::cache {

// Opens the index of a cache folder. One that is broken (by rot, by a crash beyond what its log can
// mend, or removed by hand), or was found to be so by an earlier run, is dropped with all packs and
// object files, which nothing else names, and the cache begins empty: the remote has the truth. The
// log says so. Other errors (a full disk, no permission) drop nothing.
absl::StatusOr<std::unique_ptr<index::Index>> OpenIndex(const CacheFolder& folder,
                                                        index::IndexOptions options,
                                                        const std::string& boot_id);

}  // namespace larder::cache

#endif  // LARDER_CACHE_OPEN_INDEX_H_

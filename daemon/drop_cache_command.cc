// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "base/errors.h"
#include "cache/cache_folder.h"
#include "daemon/commands.h"

namespace larder {

absl::Status RunDropCache(const std::string& cache_dir) {
  LARDER_RETURN_IF_ERROR(cache::CacheFolder::Drop(cache_dir));
  printf("%s is empty: the next mount fetches what it reads\n", cache_dir.c_str());
  return absl::OkStatus();
}

}  // namespace larder

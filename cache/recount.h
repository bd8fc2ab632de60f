// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_RECOUNT_H_
#define LARDER_CACHE_RECOUNT_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "base/byte_range.h"
#include "cache/core.h"

namespace larder::cache {

// After a start, in the background: counts what earlier runs left on disk, removes what no record
// knows (bytes of writes that a kill cut off), and corrects the bound of used space to it. Nothing
// waits for it: until it is done the bound of the last run holds, which is never too low.
class Recount {
 public:
  // Begins. `core` outlives it.
  explicit Recount(Core* core);
  ~Recount();  // stops it

 private:
  void Run();
  absl::Status ReadRecords();
  absl::Status CleanPacks();
  absl::Status CleanObjectFiles();
  // Frees what of a pack is not alive; the bytes that are.
  uint64_t CleanPack(uint64_t file_id, std::vector<ByteRange> alive);

  Core* const core_;
  std::atomic<bool> stop_{false};
  // Only of the thread:
  absl::flat_hash_map<uint64_t, std::vector<ByteRange>> packs_;  // what is alive in each
  absl::flat_hash_set<uint64_t> object_files_;                   // that have records
  uint64_t used_bytes_ = 0;
  std::thread thread_;
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_RECOUNT_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_RECOUNT_H_
#define LARDER_CACHE_RECOUNT_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "base/byte_range.h"
#include "cache/core.h"

namespace larder::cache {

// After a start, in the background: tells the evictor what is on disk, counts what earlier runs
// left there, removes bytes that no record names (of writes that a kill cut off) and records whose
// bytes are gone, and corrects the bound of used space. Nothing waits for it: until it is done the
// bound of the last run holds, which is never too low, and nothing is evicted.
//
// It counts what the index knew when this was made, so that what readers fill, and find bad,
// meanwhile is counted by them alone.
class Recount {
 public:
  // Begins. `core` outlives it.
  explicit Recount(Core* core);
  ~Recount();  // stops it
  // Over, well or not.
  bool done() const { return done_; }

 private:
  // What records name of a pack, and what there is of it.
  struct Pack {
    uint64_t file_bytes = 0;
    uint64_t objects = 0;
  };

  void Run();
  absl::Status Count();
  absl::Status FindFiles();
  absl::Status ReadRecords();
  void CountPacked(const Digest& id, const index::ObjectRecord& record);
  absl::Status CountObjectFile(const Digest& id, const index::ObjectRecord& record);
  // Removes the record of bytes that are gone.
  void Forget(const Digest& id, const index::ObjectRecord& record);
  absl::Status CleanPacks();
  // Frees what of a pack is not alive, and counts the rest.
  void CleanPack(uint64_t file_id, std::vector<ByteRange> alive);
  void RemoveObjectFilesWithoutRecord();

  Core* const core_;
  std::unique_ptr<index::Snapshot> at_start_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> done_{false};
  // Only of the thread:
  std::map<uint64_t, Pack> packs_;              // of earlier runs
  absl::flat_hash_set<uint64_t> object_files_;  // of earlier runs; those whose record was met leave
  uint64_t used_bytes_ = 0;
  uint64_t forgotten_ = 0;
  std::thread thread_;
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_RECOUNT_H_

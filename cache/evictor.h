// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_EVICTOR_H_
#define LARDER_CACHE_EVICTOR_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/digest.h"
#include "base/mutex.h"
#include "cache/evicted.h"
#include "cache/pack_store.h"
#include "index/index.h"
#include "readahead/eviction_policy.h"

namespace larder::cache {

struct Core;

// Makes room. What goes is decided by readahead::EvictionPolicy, which this tells of all that
// happens; how it goes is decided here, on one thread, for many objects at a time:
//
//   claim (nobody has it open, and nobody opens it) -> delete its records -> let go -> sync the
//   index's log -> punch its place in the pack, or unlink its file -> return its bytes to Space
//
// so that after a power cut no record names bytes that are gone, and nobody reads what is freed:
// who opens the object meanwhile finds no record, and fills another place. Objects that are open
// are never freed. Nothing is freed before the recount after a start has ended, since until then it
// is not known what the freed bytes were counted as.
//
// Thread-safe. Lock order: mutex_ is a leaf; nothing is called with it held but the policy.
class Evictor {
 public:
  // `capacity_bytes` of the whole cache. `core` outlives it.
  Evictor(Core* core, uint64_t capacity_bytes);
  ~Evictor();

  // --- what happens ---

  void Used(const readahead::ObjectUse& use);
  // `bytes` more (or fewer) of the object are on disk.
  void Added(const Digest& id, uint64_t dataset, const std::string& path, uint64_t bytes);
  void Subtracted(const Digest& id, uint64_t bytes);
  // The last owner closed it.
  void Closed(const Digest& id);
  // The recount is over: freeing may begin.
  void Begin();

  // --- what is wanted ---

  // `bytes` found no room for `newcomer`. Where something may give way to it, that is freed in the
  // background, and a little more, so that the next one finds room. `then` (may be null) is called
  // once, on this object's thread or the caller's, when that is done or nothing gives way.
  void WantRoom(const readahead::ObjectUse& newcomer, uint64_t bytes,
                const std::function<void()>& then);
  // Looks whether more is in use than there may be: a quota that became smaller, an index that
  // grew, a disk that others fill. To be called from time to time.
  void CheckLimits();
  // Waits until nothing more can or has to be freed for the limits; false: not within `patience`.
  bool WaitUntilFits(absl::Duration patience);
  // Nobody can open this version any more: the first to go. `now`: without need, too.
  void Retire(const Digest& id, bool now);
  // The bytes of bad or unfinished places that no record names any more.
  void Free(PackPlace place, uint64_t bytes);
  // Frees these now; those that are open go at their last close. The index's errors.
  absl::StatusOr<Evicted> EvictNow(const std::vector<Digest>& ids);

  // Of the paths of a dataset: what is at or below them is never evicted.
  void SetPins(uint64_t dataset, std::vector<std::string> paths);
  bool IsPinned(uint64_t dataset, absl::string_view path) const;
  void SetPinned(const Digest& id, bool pinned);

  readahead::TrafficClass Class(uint64_t dataset) const;

 private:
  struct Newcomer {
    readahead::ObjectUse use;
    uint64_t bytes = 0;
    std::function<void()> then;
  };
  struct Freed {  // on its way out: no record names it any more
    uint64_t file_id = 0;
    bool packed = false;
    uint64_t offset = 0;
    uint64_t bytes = 0;    // of disk
    uint64_t content = 0;  // of the object: what status calls evicted
    uint64_t dataset = 0;
  };

  // Records to be deleted together, of objects that are claimed.
  struct Batch {
    index::Batch records;
    std::vector<Digest> ids;
    std::vector<Freed> freed;
    uint64_t bytes = 0;
  };

  void Run();
  absl::Status Round();
  // Frees what `next_victim` (called with mutex_ held) names, until nothing is `missing`.
  absl::Status MakeRoom(const std::function<uint64_t()>& missing,
                        const std::function<std::optional<readahead::ObjectKey>()>& next_victim);
  // Those that are open go at their last close.
  absl::StatusOr<Evicted> FreeObjects(const std::vector<Digest>& ids);
  // Claims the object and adds it to `batch`. False: it is open.
  bool TakeOut(const Digest& id, Batch* batch);
  // Deletes the records, lets go of the objects; the bytes of content that went.
  absl::StatusOr<uint64_t> Commit(Batch batch);
  // Syncs the deletions, then gives the bytes of places_ back to the disk.
  absl::Status GiveBack();

  Core* const core_;
  const uint64_t spare_bytes_;  // how much is freed beyond what is wanted

  mutable Mutex mutex_;
  CondVar changed_;
  std::unique_ptr<readahead::EvictionPolicy> policy_ ABSL_GUARDED_BY(mutex_);
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_limits_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Newcomer> newcomers_ ABSL_GUARDED_BY(mutex_);
  std::vector<Digest> doomed_ ABSL_GUARDED_BY(mutex_);                // retired, to be freed now
  absl::flat_hash_set<Digest> retired_open_ ABSL_GUARDED_BY(mutex_);  // when they are closed
  std::vector<Freed> places_ ABSL_GUARDED_BY(mutex_);                 // of Free()
  absl::flat_hash_map<uint64_t, std::vector<std::string>> pins_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_EVICTOR_H_

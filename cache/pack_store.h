// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_PACK_STORE_H_
#define LARDER_CACHE_PACK_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "base/mutex.h"
#include "cache/cache_folder.h"
#include "cache/meta_state.h"

namespace larder::cache {

// Where an object lies in a pack.
struct PackPlace {
  uint64_t file_id = 0;
  uint64_t offset = 0;  // a multiple of 4 KiB
};

// The packs of a cache folder: large files that hold whole small objects one behind the other. A
// place is never used twice, and a pack of an earlier run is only read. Space is the caller's to
// reserve. Thread-safe.
class PackStore {
 public:
  // A pack is closed when the next object would pass `pack_bytes`. `folder` and `meta` are not
  // owned.
  PackStore(const CacheFolder* folder, MetaState* meta, uint64_t pack_bytes);

  // A place for `bytes` in the open pack, and the pack. Nothing is written yet.
  struct Allocation {
    PackPlace place;
    std::shared_ptr<const File> file;
  };
  absl::StatusOr<Allocation> Allocate(uint64_t bytes);

  // The pack's file; NotFound where it is gone.
  absl::StatusOr<std::shared_ptr<const File>> Open(uint64_t file_id);

  // Gives the place's space back to the disk: the bytes that came back now, rounded up to 4 KiB.
  // Where the filesystem can't punch holes none do until the last place of the pack is freed, which
  // removes the pack; then all of it.
  uint64_t Free(PackPlace place, uint64_t bytes);

  // What the recount found of a pack of an earlier run: what of it is in use, and what is taken
  // beyond that and could not be given back.
  void SetAlive(uint64_t file_id, uint64_t alive_bytes, uint64_t unreturned_bytes);

  // Removes a pack that nothing is alive in.
  void Remove(uint64_t file_id);

  // 256 MiB; less for small quotas, so that a pack is a small part of them.
  static uint64_t PackBytesFor(uint64_t capacity_bytes);

 private:
  const CacheFolder* const folder_;
  MetaState* const meta_;
  const uint64_t pack_bytes_;

  struct Pack {
    std::shared_ptr<const File> file;  // null: not open now
    // Allocated and not freed; unknown for packs of an earlier run until SetAlive.
    std::optional<uint64_t> alive_bytes;
    uint64_t unreturned_bytes = 0;  // freed, but still taken
  };

  // Packs beyond these are opened anew for each object that is opened in them.
  static constexpr size_t kMaxOpenPacks = 256;

  void CloseUnused() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  std::map<uint64_t, Pack> packs_ ABSL_GUARDED_BY(mutex_);
  size_t open_files_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t open_id_ ABSL_GUARDED_BY(mutex_) = 0;  // the pack that grows; 0: none
  uint64_t open_end_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_PACK_STORE_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_CACHE_H_
#define LARDER_CACHE_CACHE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/file.h"
#include "cache/cached_object.h"
#include "cache/dataset.h"
#include "cache/evicted.h"
#include "cache/object_spec.h"
#include "cache/verify.h"
#include "index/index.h"

namespace larder::cache {

struct CacheOptions {
  std::string folder;  // CACHE_DIR
  uint64_t capacity_bytes =
      0;  // the quota: du of the folder stays below, index included; at least 32 MiB
  uint64_t min_free_bytes = 0;  // of the disk: our own writes never go below
  uint64_t memory_bytes = 0;    // of buffers, index and books; at least 14 MiB
  int max_loads = 64;           // ranged GETs under way at a time
  int write_threads = 2;
  // Records younger than this are checked before use after a crash of the machine.
  absl::Duration checkpoint_interval = absl::Seconds(30);

  // False: nothing of what earlier runs left is counted, mended or evicted, only read: for `larder
  // verify` of a cache that no daemon uses.
  bool mend = true;

  // For tests, which put a disk of their own under the cache and end the machine's life at will.
  FileObserver* file_observer = nullptr;  // of packs and object files; not owned
  rocksdb::Env* index_env = nullptr;      // under the index; not owned; null: the system's
  std::string boot_id;                    // empty: the running machine's
};

struct CacheStatus {
  uint64_t capacity_bytes = 0;
  uint64_t used_bytes = 0;  // packs, object files and the index, reservations included
  uint64_t index_bytes = 0;
  uint64_t written_bytes = 0;  // to packs and object files, since start
  uint64_t evicted_bytes = 0;
  uint64_t corrupt_blocks = 0;
  std::string write_error;  // why filling stopped (a full or failing disk); empty: it goes on
};

// The cache folder of one daemon: bytes on local disk, for all of its datasets, and the loader that
// fills them. Thread-safe.
class Cache {
 public:
  // Makes the folder where it is missing or empty, takes its lock, opens the index. Errors, each
  // saying what to do: FailedPrecondition (the folder holds something else; another daemon, named
  // by its pid, uses it; a format of another release), InvalidArgument (sizes), what the system
  // calls say otherwise.
  static absl::StatusOr<std::unique_ptr<Cache>> Create(const CacheOptions& options);
  // Waits for writes under way, syncs what was filled, releases the lock. Every CachedObject must
  // be gone, and no callback outstanding: call Shutdown() first.
  virtual ~Cache() = default;

  // Ends all loads: reads that wait get Cancelled. Then nothing calls back any more.
  virtual void Shutdown() = 0;

  // The one CachedObject of `spec.id`, made from the index where it is known. FailedPrecondition:
  // what is cached under this id has another ETag than `spec` (the caller gives the new version
  // another id). `dataset` is not owned.
  virtual absl::StatusOr<std::shared_ptr<CachedObject>> Open(const Dataset& dataset,
                                                             const ObjectSpec& spec) = 0;

  // Bytes of `id` on disk, without opening it: 0 where there are none. Reads the index.
  virtual uint64_t CachedBytes(const Digest& id) = 0;
  // Bytes on disk of all objects of a dataset. Counted in the background after a start: it grows to
  // be right.
  virtual uint64_t DatasetBytes(uint64_t dataset) = 0;

  // This version can't be opened any more. `replaced`: the remote has another, and its bytes are
  // freed, after its last close where it is open. Else it is gone from the remote, and first to
  // make room where room is needed: what is gone may come back (a folder that was not mounted).
  virtual void Retire(const Digest& id, bool replaced) = 0;
  // Frees the bytes of all versions at and below `path` of a dataset ("": all), pinned or not;
  // those that are open when they are closed. Reads all objects' records; waits for the recount
  // after a start.
  virtual absl::StatusOr<Evicted> Evict(uint64_t dataset, const std::string& path) = 0;
  // What is at or below `path` of a dataset ("": all) is never evicted for others, now and after a
  // restart; or again may be. What is not cached is not fetched by it. Reads all objects' records.
  virtual absl::Status Pin(uint64_t dataset, const std::string& path) = 0;
  virtual absl::Status Unpin(uint64_t dataset, const std::string& path) = 0;
  virtual absl::StatusOr<std::vector<std::string>> Pins(uint64_t dataset) = 0;

  // Reads all that is cached against its checksums (cache/verify.h has what it means). Has to end
  // before Shutdown: `report` ends it by an error.
  virtual absl::StatusOr<VerifyProgress> Verify(const VerifyOptions& options,
                                                const VerifyReport& report) = 0;

  virtual CacheStatus GetStatus() = 0;
  // The catalog's place, too.
  virtual index::Index& index() = 0;
  // Before `bytes` more of the catalog are written to the index: makes room for them by evicting,
  // for which it may wait a second. ResourceExhausted: they do not fit into the quota, whatever is
  // evicted.
  virtual absl::Status AdmitCatalog(uint64_t bytes) = 0;
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_CACHE_H_

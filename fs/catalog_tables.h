// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_CATALOG_TABLES_H_
#define LARDER_FS_CATALOG_TABLES_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "fs/identity.h"
#include "fs/inode_table.h"
#include "fs/negative_names.h"
#include "index/index.h"
#include "remote/object_store.h"

namespace larder::fs {

// What is known of a name without asking the remote.
struct Known {
  std::optional<index::EntryRecord> entry;
  std::optional<index::FolderRecord> folder;  // without entry: of the folder it is in, if listed
  std::optional<absl::Time> absent_at;        // the remote said that there is none
  bool doubted = false;                       // the entry was seen to be wrong: ask again
};

// What is known of a dataset: its catalog in the index, and in memory the names known to be absent.
// No remote and no clock here: what the remote said comes in with the time it was asked, and an
// answer to an older question never undoes a newer one.
//
// Reading is for all threads. All changes are made on one thread, the catalog's `writer`, so that
// reading a record, comparing and writing it back needs no lock; each call there takes a few
// milliseconds at most. The inode table hears of each path whose version changed. A failing index
// is logged once, and as good as an empty one: names are then asked of the remote each time.
//
// Entries below a folder that went away are removed in the background, in steps. What a kill leaves
// of them is found by nobody, and removed if the folder comes back.
class CatalogTables {
 public:
  struct Options {
    uint64_t dataset = 0;
    Identity identity;
    index::Index* index = nullptr;  // the three are not owned and outlive it
    InodeTable* inodes = nullptr;
    ThreadPool* writer = nullptr;  // of one thread; drained before this dies
    // Asked before that many bytes are written; an error: they must not be. Null: always.
    std::function<absl::Status(uint64_t bytes)> admit = nullptr;
    // Told of each version of a file that is not its path's any more; `replaced`: another one is.
    std::function<void(const Digest& id, bool replaced)> on_old_version = nullptr;
  };
  explicit CatalogTables(const Options& options);

  // --- any thread ---

  Known Find(absl::string_view path);
  std::optional<index::FolderRecord> FindFolder(absl::string_view folder);
  // In the byte order of names, after `after`, until `visit` returns false. The index's errors.
  absl::Status ForEachEntry(
      absl::string_view folder, absl::string_view after,
      const std::function<bool(absl::string_view name, const index::EntryRecord&)>& visit);
  const Identity& identity() const { return identity_; }

  // The version with this id was seen not to be what the remote has, or not what the cache has
  // under it: the name is asked for again at its next lookup, and if that shows no other version,
  // the generation is raised. In memory only, at most kMaxDoubts.
  void Doubt(absl::string_view path, const Digest& id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Files known, and their bytes (of those whose size is known). Kept across restarts.
  uint64_t objects() const { return objects_.load(std::memory_order_relaxed); }
  uint64_t size_bytes() const { return size_bytes_.load(std::memory_order_relaxed); }

  // --- the writer's thread only ---

  // What a Stat said; the record that holds now (which is newer than `seen` where that came late).
  index::EntryRecord ApplyStat(absl::string_view path, const remote::Attributes& seen,
                               absl::Time asked_at);
  // A Stat or List said that there is none. The record that holds all the same, where a newer
  // answer said otherwise.
  std::optional<index::EntryRecord> ApplyAbsent(absl::string_view path, absl::Time asked_at);
  // A part of a listing: at most kMaxStep entries.
  absl::Status ApplyListed(absl::string_view folder, uint64_t listing,
                           std::span<const remote::ListEntry> entries, absl::Time asked_at);

  // After all of a listing was applied: removes what it did not have, except what was seen by a
  // Stat after the listing began. Call until Sweep::done; then the folder is known whole.
  struct Sweep {
    std::string folder;
    uint64_t listing = 0;
    absl::Time began;
    std::string after;  // the sweep's own place
    uint64_t entries = 0;
    bool done = false;
  };
  absl::Status SweepStep(Sweep* sweep);

  // The number of a listing that begins now: higher than all before it, also where the folder's
  // record is lost.
  uint64_t NextListing(absl::string_view folder, absl::Time now);

  static constexpr size_t kMaxStep = 256;    // 1-2 ms, so that answers to lookups are not held up
  static constexpr size_t kMaxSweep = 1024;  // most of what a sweep reads stays as it is
  static constexpr size_t kMaxDoubts = 4096;
  static constexpr size_t kMaxNegativeNames = 16384;

 private:
  struct Removed {  // a folder that went away
    std::string path;
    absl::Time at;
    std::string after;  // the cleaning's own place
  };

  index::FolderKey KeyOf(absl::string_view folder) const;
  // `failed` (may be null): the index could not tell.
  std::optional<index::EntryRecord> FindEntry(absl::string_view path, bool* failed = nullptr);
  // Puts `after` for `before` into `batch` (either may be absent), with all that follows from it.
  void Change(absl::string_view path, const std::optional<index::EntryRecord>& before,
              const std::optional<index::EntryRecord>& after, absl::Time at, index::Batch* batch);
  absl::Status Write(index::Batch batch);
  // Removes a part of what was below a removed folder; comes again by itself.
  void CleanStep();
  std::optional<Digest> TakeDoubt(absl::string_view path) ABSL_LOCKS_EXCLUDED(mutex_);
  void LogOnce(const absl::Status& status);

  const uint64_t dataset_;
  const Identity identity_;
  index::Index* const index_;
  InodeTable* const inodes_;
  ThreadPool* const writer_;
  const std::function<absl::Status(uint64_t bytes)> admit_;
  const std::function<void(const Digest& id, bool replaced)> on_old_version_;

  NegativeNames negative_names_;
  std::atomic<uint64_t> objects_{0};
  std::atomic<uint64_t> size_bytes_{0};
  std::atomic<bool> error_logged_{false};

  // The writer's thread only.
  bool totals_changed_ = false;
  std::deque<Removed> removed_;

  Mutex mutex_;  // a leaf
  absl::flat_hash_map<std::string, Digest> doubts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_CATALOG_TABLES_H_

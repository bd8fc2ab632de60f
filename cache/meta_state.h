// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_META_STATE_H_
#define LARDER_CACHE_META_STATE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/file.h"
#include "base/mutex.h"
#include "index/index.h"

namespace larder::cache {

// The cache's one meta record: file numbers that are never reused, the bound of used space, and
// sync epochs.
//
// Sync epochs: bytes are not synced one by one. Each record carries the epoch in which it was
// written; Checkpoint() begins a new epoch, waits for the writes of the old ones, syncs the files
// they touched, and then notes the old epoch as synced. After a crash of the machine (another boot
// id) records of later epochs are unverified: their bytes may be missing. While the machine lives
// all records are good. After a sync that failed the epochs it was for are unverified as well, for
// later runs: the kernel reports such a failure once, and forgets the bytes.
//
// What others build on is on disk before it is used: the log is synced when a new epoch begins,
// when file numbers are taken, and when the bound of used space rises. Else a power cut could take
// that back and leave what was built on it: bytes of an epoch that nobody knows of, a file whose
// number is given out again.
//
// Thread-safe. Lock order: checkpoint_mutex_, record_mutex_, mutex_; none is held together with
// another of the cache's.
class MetaState {
 public:
  // `boot_id` of the running machine. `used_step_bytes`: how far ahead of the bytes in use their
  // bound is written; a killed daemon overestimates by it until the recount. `index` is not owned.
  static absl::StatusOr<std::unique_ptr<MetaState>> Open(index::Index* index,
                                                         const std::string& boot_id,
                                                         uint64_t used_step_bytes);

  // A new number for a pack or an object file. The error is the index's.
  absl::StatusOr<uint64_t> NewFileId();
  // Numbers below were given out by earlier runs.
  uint64_t first_new_file_id() const { return first_new_file_id_; }
  // Records of this epoch on are of this run.
  uint32_t first_epoch() const { return first_epoch_; }
  // The bound of the last run: what packs and object files took at most.
  uint64_t used_bytes_at_open() const { return used_bytes_at_open_; }

  // Makes `used_bytes` safe to reach: writes and syncs a bound at or above it, if the one written
  // is lower. Called before bytes are written.
  absl::Status RaiseUsedBound(uint64_t used_bytes);

  // Around the write of an object's bytes and their record, which carries the result.
  uint32_t BeginWrite(const std::shared_ptr<const File>& file);
  void EndWrite(uint32_t epoch);

  // True for a record whose bytes must be checked against their CRC32C before use.
  bool IsUnverified(uint32_t sync_epoch) const {
    return sync_epoch >= unverified_from_ && sync_epoch <= unverified_to_;
  }

  // Syncs what was written before. Gives up at `until`, between two files, with DeadlineExceeded:
  // nothing is lost, the epoch is just not noted as synced. `used_bytes`, or
  // what RaiseUsedBound was asked for since, becomes the bound, if it is lower.
  absl::Status Checkpoint(absl::Time until, uint64_t used_bytes);

  // The file was removed: it is not held open for the next checkpoint, so that its space comes
  // back.
  void Removed(const std::string& path);

 private:
  // By path: one descriptor of each is enough to sync it.
  using DirtyFiles = std::map<std::string, std::shared_ptr<const File>>;

  MetaState(index::Index* index, index::MetaRecord record, uint64_t used_step_bytes);
  absl::Status WriteRecord(const index::MetaRecord& record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(record_mutex_);
  // Begins a new epoch; gives the files that the ones before touched, none: nothing was written.
  absl::StatusOr<DirtyFiles> BeginEpoch(uint32_t* ended);
  absl::Status SyncFiles(DirtyFiles* files, uint32_t epoch, absl::Time until);
  void NoteSyncFailure(uint32_t epoch);

  index::Index* const index_;
  const uint64_t used_step_bytes_;
  const uint32_t first_epoch_;
  const uint32_t unverified_from_;
  const uint32_t unverified_to_;
  const uint64_t first_new_file_id_;
  const uint64_t used_bytes_at_open_;

  Mutex checkpoint_mutex_;  // one checkpoint at a time

  // Held while the record is written and synced: I/O, but no write of a block begins or ends under
  // it.
  Mutex record_mutex_;
  index::MetaRecord record_ ABSL_GUARDED_BY(record_mutex_);  // as it is on disk
  uint64_t next_file_id_ ABSL_GUARDED_BY(record_mutex_);
  std::atomic<uint64_t> used_bound_;     // record_'s, or lower while that is being lowered
  std::atomic<uint64_t> most_used_ = 0;  // that was asked for since a checkpoint began

  Mutex mutex_;
  CondVar write_ended_;
  uint32_t epoch_ ABSL_GUARDED_BY(mutex_);
  std::map<uint32_t, int> writes_ ABSL_GUARDED_BY(mutex_);  // under way, by epoch
  // Touched in epoch_, or left over from a checkpoint that ended early.
  DirtyFiles dirty_ ABSL_GUARDED_BY(mutex_);
};

// The running machine's boot id; empty where the kernel does not tell (then nothing is trusted).
std::string ReadBootId();

}  // namespace larder::cache

#endif  // LARDER_CACHE_META_STATE_H_

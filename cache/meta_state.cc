// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/meta_state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "base/byte_range.h"
#include "base/errors.h"

namespace larder::cache {
namespace {

// File numbers are noted in steps, so that most of them cost no write.
constexpr uint64_t kFileIdStep = 256;

// They join those of earlier crashes; what lies between is checked without need, which costs a
// checksum each.
void MarkUnverified(uint32_t from, uint32_t to, index::MetaRecord* record) {
  const bool none = record->unverified_from > record->unverified_to;
  record->unverified_from = none ? from : std::min(record->unverified_from, from);
  record->unverified_to = none ? to : std::max(record->unverified_to, to);
}

}  // namespace

std::string ReadBootId() {
  absl::StatusOr<std::string> id = ReadFileToString("/proc/sys/kernel/random/boot_id", 256);
  return id.ok() ? std::string(absl::StripAsciiWhitespace(*id)) : std::string();
}

MetaState::MetaState(index::Index* index, index::MetaRecord record, uint64_t used_step_bytes)
    : index_(index),
      used_step_bytes_(used_step_bytes),
      first_epoch_(record.sync_epoch),
      unverified_from_(record.unverified_from),
      unverified_to_(record.unverified_to),
      first_new_file_id_(record.next_file_id),
      used_bytes_at_open_(record.used_bytes),
      record_(std::move(record)),
      next_file_id_(first_new_file_id_),
      used_bound_(used_bytes_at_open_),
      epoch_(first_epoch_) {}

absl::StatusOr<std::unique_ptr<MetaState>> MetaState::Open(index::Index* index,
                                                           const std::string& boot_id,
                                                           uint64_t used_step_bytes) {
  LARDER_ASSIGN_OR_RETURN(std::optional<index::MetaRecord> found, index->GetMeta());
  index::MetaRecord meta = found.value_or(index::MetaRecord());
  const bool same_boot = !boot_id.empty() && meta.boot_id == boot_id;
  if (found && !same_boot && meta.sync_epoch > meta.synced_epoch) {
    // The machine went down, or was restarted, with epochs not synced.
    MarkUnverified(meta.synced_epoch + 1, meta.sync_epoch, &meta);
  }
  meta.boot_id = boot_id;
  meta.sync_epoch += 1;
  index::Batch batch;
  batch.PutMeta(meta);
  LARDER_RETURN_IF_ERROR(index->Write(std::move(batch), /*sync=*/true));
  return std::unique_ptr<MetaState>(new MetaState(index, std::move(meta), used_step_bytes));
}

absl::Status MetaState::WriteRecord(const index::MetaRecord& record) {
  index::Batch batch;
  batch.PutMeta(record);
  LARDER_RETURN_IF_ERROR(index_->Write(std::move(batch), /*sync=*/true));
  record_ = record;
  used_bound_ = record.used_bytes;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> MetaState::NewFileId() {
  MutexLock lock(&record_mutex_);
  if (next_file_id_ == record_.next_file_id) {
    index::MetaRecord raised = record_;
    raised.next_file_id += kFileIdStep;
    LARDER_RETURN_IF_ERROR(WriteRecord(raised));
  }
  return next_file_id_++;
}

absl::Status MetaState::RaiseUsedBound(uint64_t used_bytes) {
  uint64_t most = most_used_;
  while (most < used_bytes && !most_used_.compare_exchange_weak(most, used_bytes)) {
  }
  if (used_bytes <= used_bound_) return absl::OkStatus();
  MutexLock lock(&record_mutex_);
  if (used_bytes <= record_.used_bytes) return absl::OkStatus();
  index::MetaRecord raised = record_;
  raised.used_bytes = RoundUp(used_bytes + 1, used_step_bytes_);
  return WriteRecord(raised);
}

uint32_t MetaState::BeginWrite(const std::shared_ptr<const File>& file) {
  MutexLock lock(&mutex_);
  // The oldest descriptor stays: it is told of the errors of all later writes.
  dirty_.emplace(file->path(), file);
  ++writes_[epoch_];
  return epoch_;
}

void MetaState::Removed(const std::string& path) {
  std::shared_ptr<const File> removed;  // closed without the lock
  MutexLock lock(&mutex_);
  const auto found = dirty_.find(path);
  if (found == dirty_.end()) return;
  removed = std::move(found->second);
  dirty_.erase(found);
}

void MetaState::EndWrite(uint32_t epoch) {
  MutexLock lock(&mutex_);
  if (--writes_[epoch] == 0) {
    writes_.erase(epoch);
    write_ended_.NotifyAll();
  }
}

absl::StatusOr<MetaState::DirtyFiles> MetaState::BeginEpoch(uint32_t* ended) {
  MutexLock record_lock(&record_mutex_);
  index::MetaRecord next = record_;
  {
    MutexLock lock(&mutex_);
    if (dirty_.empty()) return dirty_;
    next.sync_epoch = epoch_ + 1;
  }
  LARDER_RETURN_IF_ERROR(WriteRecord(next));
  // At one moment with the new epoch: a file that is touched from now on is the next checkpoint's,
  // even if this one syncs it as well.
  DirtyFiles dirty;
  MutexLock lock(&mutex_);
  *ended = epoch_;
  epoch_ = next.sync_epoch;
  dirty.swap(dirty_);
  return dirty;
}

absl::Status MetaState::SyncFiles(DirtyFiles* files, uint32_t epoch, absl::Time until) {
  {
    MutexLock lock(&mutex_);
    while (!writes_.empty() && writes_.begin()->first <= epoch) {
      if (absl::Now() >= until) return absl::DeadlineExceededError("writes are under way");
      write_ended_.WaitFor(&mutex_, absl::Milliseconds(100));
    }
  }
  while (!files->empty()) {
    if (absl::Now() >= until) return absl::DeadlineExceededError("cache files are not all synced");
    absl::Status synced = files->begin()->second->SyncData();
    if (!synced.ok()) {
      NoteSyncFailure(epoch);
      return synced;
    }
    files->erase(files->begin());
  }
  return absl::OkStatus();
}

void MetaState::NoteSyncFailure(uint32_t epoch) {
  MutexLock lock(&record_mutex_);
  index::MetaRecord marked = record_;
  MarkUnverified(marked.synced_epoch + 1, epoch, &marked);
  // On a disk that fails this may fail, too. Then the epoch is never noted as synced by this run's
  // record in memory either, which the next checkpoint writes.
  if (!WriteRecord(marked).ok()) record_ = marked;
}

absl::Status MetaState::Checkpoint(absl::Time until, uint64_t used_bytes) {
  MutexLock one(&checkpoint_mutex_);
  uint32_t epoch = 0;
  most_used_ = used_bytes;
  LARDER_ASSIGN_OR_RETURN(auto dirty, BeginEpoch(&epoch));
  if (dirty.empty()) return absl::OkStatus();
  absl::Status synced = SyncFiles(&dirty, epoch, until);
  if (!synced.ok()) {
    MutexLock lock(&mutex_);
    dirty_.merge(dirty);
    return synced;
  }
  MutexLock lock(&record_mutex_);
  index::MetaRecord next = record_;
  next.synced_epoch = epoch;
  // Who raises it from here on finds the lower bound and waits for the record; who did before is
  // in most_used_.
  used_bound_ = std::min(next.used_bytes, RoundUp(used_bytes + 1, used_step_bytes_));
  next.used_bytes = std::min(next.used_bytes, RoundUp(most_used_ + 1, used_step_bytes_));
  absl::Status written = WriteRecord(next);
  if (!written.ok()) used_bound_ = record_.used_bytes;
  return written;
}

}  // namespace larder::cache

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

}  // namespace

std::string ReadBootId() {
  absl::StatusOr<std::string> id = ReadFileToString("/proc/sys/kernel/random/boot_id", 256);
  return id.ok() ? std::string(absl::StripAsciiWhitespace(*id)) : std::string();
}

MetaState::MetaState(index::Index* index, index::MetaRecord meta, uint64_t used_step_bytes)
    : index_(index),
      used_step_bytes_(used_step_bytes),
      first_epoch_(meta.sync_epoch),
      unverified_from_(meta.unverified_from),
      unverified_to_(meta.unverified_to),
      first_new_file_id_(meta.next_file_id),
      used_bytes_at_open_(meta.used_bytes),
      meta_(std::move(meta)),
      next_file_id_(first_new_file_id_) {}

absl::StatusOr<std::unique_ptr<MetaState>> MetaState::Open(index::Index* index,
                                                           const std::string& boot_id,
                                                           uint64_t used_step_bytes) {
  LARDER_ASSIGN_OR_RETURN(std::optional<index::MetaRecord> found, index->GetMeta());
  index::MetaRecord meta = found.value_or(index::MetaRecord());
  const bool same_boot = !boot_id.empty() && meta.boot_id == boot_id;
  if (found && !same_boot && meta.sync_epoch > meta.synced_epoch) {
    // The machine went down, or was restarted, with epochs not synced. They join those of earlier
    // crashes; what lies between is checked without need, which costs a checksum each.
    const bool none = meta.unverified_from > meta.unverified_to;
    meta.unverified_from = none ? meta.synced_epoch + 1 : meta.unverified_from;
    meta.unverified_to = meta.sync_epoch;
  }
  meta.boot_id = boot_id;
  meta.sync_epoch += 1;
  index::Batch batch;
  batch.PutMeta(meta);
  LARDER_RETURN_IF_ERROR(index->Write(std::move(batch)));
  return std::unique_ptr<MetaState>(new MetaState(index, std::move(meta), used_step_bytes));
}

absl::StatusOr<uint64_t> MetaState::NewFileId() {
  MutexLock lock(&mutex_);
  if (next_file_id_ == meta_.next_file_id) {
    index::MetaRecord raised = meta_;
    raised.next_file_id += kFileIdStep;
    index::Batch batch;
    batch.PutMeta(raised);
    LARDER_RETURN_IF_ERROR(index_->Write(std::move(batch)));
    meta_ = raised;
  }
  return next_file_id_++;
}

absl::Status MetaState::RaiseUsedBound(uint64_t used_bytes) {
  MutexLock lock(&mutex_);
  if (used_bytes <= meta_.used_bytes) return absl::OkStatus();
  index::MetaRecord raised = meta_;
  raised.used_bytes = RoundUp(used_bytes + 1, used_step_bytes_);
  index::Batch batch;
  batch.PutMeta(raised);
  LARDER_RETURN_IF_ERROR(index_->Write(std::move(batch)));
  meta_ = raised;
  return absl::OkStatus();
}

uint32_t MetaState::BeginWrite(const std::shared_ptr<const File>& file) {
  MutexLock lock(&mutex_);
  dirty_.insert(file);
  ++writes_[meta_.sync_epoch];
  return meta_.sync_epoch;
}

void MetaState::EndWrite(uint32_t epoch) {
  MutexLock lock(&mutex_);
  if (--writes_[epoch] == 0) {
    writes_.erase(epoch);
    write_ended_.NotifyAll();
  }
}

absl::Status MetaState::Checkpoint(absl::Time until, uint64_t used_bytes) {
  MutexLock one(&checkpoint_mutex_);
  std::set<std::shared_ptr<const File>> dirty;
  uint32_t epoch = 0;
  {
    MutexLock lock(&mutex_);
    if (dirty_.empty()) return absl::OkStatus();
    epoch = meta_.sync_epoch++;
    while (!writes_.empty() && writes_.begin()->first <= epoch) {
      if (absl::Now() >= until) return absl::DeadlineExceededError("writes are under way");
      write_ended_.WaitFor(&mutex_, absl::Milliseconds(100));
    }
    dirty.swap(dirty_);
  }
  while (!dirty.empty()) {
    absl::Status synced;
    if (absl::Now() >= until)
      synced = absl::DeadlineExceededError("cache files are not all synced");
    if (synced.ok()) synced = (*dirty.begin())->SyncData();
    if (!synced.ok()) {
      MutexLock lock(&mutex_);
      dirty_.merge(dirty);
      return synced;
    }
    dirty.erase(dirty.begin());
  }
  MutexLock lock(&mutex_);
  index::MetaRecord synced = meta_;
  synced.synced_epoch = epoch;
  synced.used_bytes = std::min(synced.used_bytes, RoundUp(used_bytes + 1, used_step_bytes_));
  index::Batch batch;
  batch.PutMeta(synced);
  LARDER_RETURN_IF_ERROR(index_->Write(std::move(batch), /*sync=*/true));
  meta_ = synced;
  return absl::OkStatus();
}

}  // namespace larder::cache

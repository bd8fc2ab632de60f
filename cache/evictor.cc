// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/evictor.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/path.h"
#include "cache/core.h"

namespace larder::cache {
namespace {

constexpr uint64_t kDiskBlockBytes = 4096;
// One batch of records, and one sync of the index's log, frees at most this many objects: a few
// milliseconds, in which nobody can open them.
constexpr size_t kMaxBatch = 128;
// Above this many blocks one range deletion is cheaper than one deletion each; below it is not,
// since each range slows down later reads of the index.
constexpr size_t kMaxBlockDeletes = 4096;
// Newcomers beyond these wait for the next miss: what is freed for these is room for them as well.
constexpr size_t kMaxNewcomers = 64;
// A failing index is tried again after this time.
constexpr absl::Duration kRetry = absl::Seconds(5);

uint64_t SpareFor(uint64_t capacity_bytes) {
  return std::clamp<uint64_t>(capacity_bytes / 64, 1 << 20, 64 << 20);
}

}  // namespace

Evictor::Evictor(Core* core, uint64_t capacity_bytes)
    : core_(core),
      spare_bytes_(SpareFor(capacity_bytes)),
      policy_(readahead::EvictionPolicy::Create({.capacity_bytes = capacity_bytes})),
      thread_([this] { Run(); }) {}

Evictor::~Evictor() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

void Evictor::Used(const readahead::ObjectUse& use) {
  MutexLock lock(&mutex_);
  policy_->Use(use);
}

void Evictor::Added(const Digest& id, uint64_t dataset, const std::string& path, uint64_t bytes) {
  MutexLock lock(&mutex_);
  policy_->Add(id.prefix(), dataset, bytes);
  if (pins_.empty()) return;
  const auto pins = pins_.find(dataset);
  if (pins == pins_.end()) return;
  for (const std::string& pin : pins->second) {
    if (IsAtOrBelow(path, pin)) policy_->SetPinned(id.prefix(), true);
  }
}

void Evictor::Subtracted(const Digest& id, uint64_t bytes) {
  MutexLock lock(&mutex_);
  policy_->Subtract(id.prefix(), bytes);
}

void Evictor::Closed(const Digest& id) {
  {
    MutexLock lock(&mutex_);
    if (!retired_open_.erase(id)) return;
    doomed_.push_back(id);
  }
  changed_.NotifyAll();
}

void Evictor::Begin() {
  {
    MutexLock lock(&mutex_);
    begun_ = true;
    over_limits_ = true;
  }
  changed_.NotifyAll();
}

void Evictor::WantRoom(const readahead::ObjectUse& newcomer, uint64_t bytes,
                       const std::function<void()>& then) {
  bool gives_way = false;
  {
    MutexLock lock(&mutex_);
    gives_way = begun_ && !stopping_ && newcomers_.size() < kMaxNewcomers;
    if (gives_way && newcomers_.empty()) {
      policy_->BeginSearch();
      gives_way = policy_->NextVictim(newcomer).has_value();
    }
    if (gives_way) newcomers_.push_back({newcomer, bytes, then});
  }
  if (gives_way) {
    changed_.NotifyAll();
  } else if (then != nullptr) {
    then();
  }
}

void Evictor::CheckLimits() {
  const uint64_t capacity = core_->space->object_capacity_bytes();
  const bool over = core_->space->over_bytes() > 0;
  {
    MutexLock lock(&mutex_);
    policy_->SetCapacity(capacity);
    if (!over || over_limits_) return;
    over_limits_ = true;
  }
  changed_.NotifyAll();
}

bool Evictor::WaitUntilFits(absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  CheckLimits();
  MutexLock lock(&mutex_);
  while (!begun_ || over_limits_) {
    if (absl::Now() >= until) return false;
    changed_.WaitFor(&mutex_, absl::Milliseconds(100));
  }
  return true;
}

void Evictor::Retire(const Digest& id, bool now) {
  {
    MutexLock lock(&mutex_);
    policy_->Retire(id.prefix());
    if (!now) return;
    doomed_.push_back(id);
  }
  changed_.NotifyAll();
}

void Evictor::Free(PackPlace place, uint64_t bytes) {
  {
    MutexLock lock(&mutex_);
    places_.push_back({.file_id = place.file_id,
                       .packed = true,
                       .offset = place.offset,
                       .bytes = RoundUp(bytes, kDiskBlockBytes)});
  }
  changed_.NotifyAll();
}

absl::StatusOr<Evicted> Evictor::EvictNow(const std::vector<Digest>& ids) {
  {
    MutexLock lock(&mutex_);
    while (!begun_ && !stopping_) changed_.WaitFor(&mutex_, absl::Milliseconds(100));
  }
  LARDER_ASSIGN_OR_RETURN(const Evicted evicted, FreeObjects(ids));
  LARDER_RETURN_IF_ERROR(GiveBack());
  return evicted;
}

void Evictor::SetPins(uint64_t dataset, std::vector<std::string> paths) {
  MutexLock lock(&mutex_);
  if (paths.empty()) {
    pins_.erase(dataset);
  } else {
    pins_[dataset] = std::move(paths);
  }
}

bool Evictor::IsPinned(uint64_t dataset, absl::string_view path) const {
  MutexLock lock(&mutex_);
  const auto pins = pins_.find(dataset);
  return pins != pins_.end() &&
         std::any_of(pins->second.begin(), pins->second.end(),
                     [&](const std::string& pin) { return IsAtOrBelow(path, pin); });
}

void Evictor::SetPinned(const Digest& id, bool pinned) {
  MutexLock lock(&mutex_);
  policy_->SetPinned(id.prefix(), pinned);
}

readahead::TrafficClass Evictor::Class(uint64_t dataset) const {
  MutexLock lock(&mutex_);
  return policy_->Class(dataset);
}

void Evictor::Run() {
  bool failing = false;
  mutex_.Lock();
  while (!stopping_) {
    const bool work = !newcomers_.empty() || !doomed_.empty() || !places_.empty() || over_limits_;
    if (!begun_ || !work) {
      changed_.Wait(&mutex_);
      continue;
    }
    mutex_.Unlock();
    const absl::Status status = Round();
    mutex_.Lock();
    if (!status.ok() && !failing) {
      LogError(absl::StrCat("cache: nothing can be freed now: ", status.message()));
    }
    failing = !status.ok();
    if (failing && !stopping_) changed_.WaitFor(&mutex_, kRetry);
  }
  mutex_.Unlock();
  // What is left is found by the next start's recount.
}

absl::Status Evictor::Round() {
  std::vector<Digest> doomed;
  std::deque<Newcomer> newcomers;
  bool over_limits = false;
  {
    MutexLock lock(&mutex_);
    doomed.swap(doomed_);
    newcomers.swap(newcomers_);
    over_limits = over_limits_;
  }
  absl::Status status = FreeObjects(doomed).status();
  if (status.ok()) status = GiveBack();
  if (status.ok() && over_limits) {
    status = MakeRoom([this] { return core_->space->over_bytes(); },
                      [this] {
                        mutex_.AssertHeld();
                        return policy_->NextForcedVictim(absl::Now());
                      });
  }
  for (Newcomer& newcomer : newcomers) {
    const auto missing = [&]() -> uint64_t {
      const uint64_t wanted = newcomer.bytes + spare_bytes_;
      const uint64_t available = core_->space->available_bytes();
      return wanted > available ? wanted - available : 0;
    };
    if (status.ok()) {
      status = MakeRoom(missing, [&] {
        mutex_.AssertHeld();
        return policy_->NextVictim(newcomer.use);
      });
    }
    if (newcomer.then != nullptr) newcomer.then();
  }
  {
    MutexLock lock(&mutex_);
    if (over_limits) over_limits_ = false;  // CheckLimits looks again
  }
  changed_.NotifyAll();
  return status;
}

absl::Status Evictor::MakeRoom(
    const std::function<uint64_t()>& missing,
    const std::function<std::optional<readahead::ObjectKey>()>& next_victim) {
  {
    MutexLock lock(&mutex_);
    policy_->BeginSearch();
  }
  while (const uint64_t bytes = missing()) {
    Batch batch;
    bool more = true;
    while (more && batch.bytes < bytes && batch.ids.size() < kMaxBatch) {
      std::optional<readahead::ObjectKey> victim;
      {
        MutexLock lock(&mutex_);
        if (stopping_) return absl::OkStatus();
        victim = next_victim();
      }
      more = victim.has_value();
      if (!more) break;
      const absl::StatusOr<std::optional<Digest>> id = core_->index->FindObject(*victim);
      if (id.ok() && *id) {
        TakeOut(**id, &batch);
      } else if (id.ok()) {
        MutexLock lock(&mutex_);
        policy_->Remove(*victim);
      }
    }
    if (batch.ids.empty()) return absl::OkStatus();
    LARDER_RETURN_IF_ERROR(Commit(std::move(batch)).status());
    LARDER_RETURN_IF_ERROR(GiveBack());
  }
  return absl::OkStatus();
}

absl::StatusOr<Evicted> Evictor::FreeObjects(const std::vector<Digest>& ids) {
  Evicted evicted;
  for (size_t from = 0; from < ids.size(); from += kMaxBatch) {
    Batch batch;
    for (size_t i = from; i < std::min(from + kMaxBatch, ids.size()); ++i) {
      // Noted before it is looked at, so that a close meanwhile is not missed.
      {
        MutexLock lock(&mutex_);
        retired_open_.insert(ids[i]);
      }
      if (!TakeOut(ids[i], &batch)) {
        ++evicted.open_objects;
        continue;
      }
      MutexLock lock(&mutex_);
      retired_open_.erase(ids[i]);
    }
    if (batch.ids.empty()) continue;
    evicted.objects += batch.ids.size();
    LARDER_ASSIGN_OR_RETURN(const uint64_t bytes, Commit(std::move(batch)));
    evicted.bytes += bytes;
  }
  return evicted;
}

bool Evictor::TakeOut(const Digest& id, Batch* batch) {
  if (!core_->open->Claim(id)) return false;
  absl::StatusOr<std::optional<index::ObjectRecord>> record = core_->index->GetObject(id);
  if (!record.ok() || !*record) {
    core_->open->Unclaim(id);
    if (record.ok()) {
      MutexLock lock(&mutex_);
      policy_->Remove(id.prefix());
    }
    return true;
  }
  Freed freed{.file_id = (*record)->file_id,
              .packed = (*record)->layout == index::Layout::kPack,
              .offset = (*record)->offset,
              .dataset = (*record)->dataset};
  if (freed.packed) {
    freed.content = (*record)->size;
    freed.bytes = RoundUp(freed.content, kDiskBlockBytes);
    batch->records.DeleteObjectRecord(id);
  } else {
    std::vector<uint32_t> blocks;
    (void)core_->index->ForEachBlock(id, [&](uint32_t block, const index::BlockRecord&) {
      const uint64_t offset = uint64_t{block} * (*record)->block_bytes;
      if (offset >= (*record)->size) return;
      const uint64_t length = std::min<uint64_t>((*record)->block_bytes, (*record)->size - offset);
      freed.content += length;
      freed.bytes += RoundUp(length, kDiskBlockBytes);
      if (blocks.size() <= kMaxBlockDeletes) blocks.push_back(block);
    });
    if (blocks.size() > kMaxBlockDeletes) {
      batch->records.DeleteObject(id);
    } else {
      batch->records.DeleteObjectRecord(id);
      for (const uint32_t block : blocks) batch->records.DeleteBlock(id, block);
    }
  }
  batch->bytes += freed.bytes;
  batch->ids.push_back(id);
  batch->freed.push_back(freed);
  return true;
}

absl::StatusOr<uint64_t> Evictor::Commit(Batch batch) {
  const absl::Status written = core_->index->Write(std::move(batch.records));
  for (const Digest& id : batch.ids) core_->open->Unclaim(id);
  LARDER_RETURN_IF_ERROR(written);
  uint64_t content = 0;
  for (const Freed& freed : batch.freed) {
    content += freed.content;
    core_->dataset_bytes.Add(freed.dataset, -static_cast<int64_t>(freed.content));
  }
  core_->evicted_bytes.Add(content);
  MutexLock lock(&mutex_);
  for (const Digest& id : batch.ids) policy_->Remove(id.prefix());
  places_.insert(places_.end(), batch.freed.begin(), batch.freed.end());
  return content;
}

absl::Status Evictor::GiveBack() {
  std::vector<Freed> places;
  {
    MutexLock lock(&mutex_);
    places.swap(places_);
  }
  if (places.empty()) return absl::OkStatus();
  // The deletions have to outlast a power cut before the bytes are gone.
  absl::Status synced = core_->index->SyncWal();
  if (!synced.ok()) {
    MutexLock lock(&mutex_);
    places_.insert(places_.end(), places.begin(), places.end());
    return synced;
  }
  for (const Freed& freed : places) {
    uint64_t bytes = freed.bytes;
    if (freed.packed) {
      bytes = core_->packs->Free({freed.file_id, freed.offset}, freed.bytes);
    } else {
      const std::string path = core_->folder->ObjectFilePath(freed.file_id);
      const absl::Status unlinked = core_->folder->Unlink(path);
      if (!unlinked.ok() && !absl::IsNotFound(unlinked)) {
        // It takes its space until the recount of the next start finds it.
        LogError(absl::StrCat("cache: ", unlinked.message()));
        continue;
      }
      core_->meta->Removed(path);
    }
    core_->space->ReturnWritten(bytes);
  }
  return absl::OkStatus();
}

}  // namespace larder::cache

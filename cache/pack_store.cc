// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/pack_store.h"

#include <algorithm>
#include <utility>

#include "base/byte_range.h"
#include "base/errors.h"

namespace larder::cache {
namespace {

constexpr uint64_t kAlignment = 4096;

}  // namespace

PackStore::PackStore(const CacheFolder* folder, MetaState* meta, uint64_t pack_bytes)
    : folder_(folder), meta_(meta), pack_bytes_(pack_bytes) {}

uint64_t PackStore::PackBytesFor(uint64_t capacity_bytes) {
  return std::clamp<uint64_t>(RoundUp(capacity_bytes / 16, 1 << 20), 4 << 20, 256 << 20);
}

absl::StatusOr<PackStore::Allocation> PackStore::Allocate(uint64_t bytes) {
  bytes = RoundUp(bytes, kAlignment);
  {
    MutexLock lock(&mutex_);
    if (open_id_ != 0 && open_end_ + bytes <= pack_bytes_) {
      Pack& pack = packs_[open_id_];
      Allocation allocation{{open_id_, open_end_}, pack.file};
      open_end_ += bytes;
      *pack.alive_bytes += bytes;
      return allocation;
    }
  }
  // Two threads may both come here: then one pack stays a little emptier.
  LARDER_ASSIGN_OR_RETURN(const uint64_t file_id, meta_->NewFileId());
  LARDER_ASSIGN_OR_RETURN(File made, folder_->CreateFile(folder_->PackPath(file_id)));
  auto file = std::make_shared<const File>(std::move(made));
  uint64_t empty = 0;
  {
    MutexLock lock(&mutex_);
    packs_[file_id] = {.file = file, .alive_bytes = bytes};
    ++open_files_;
    const auto full = packs_.find(open_id_);
    if (full != packs_.end() && full->second.alive_bytes == 0) empty = open_id_;
    open_id_ = file_id;
    open_end_ = bytes;
  }
  if (empty != 0) Remove(empty);
  return Allocation{{file_id, 0}, std::move(file)};
}

absl::StatusOr<std::shared_ptr<const File>> PackStore::Open(uint64_t file_id) {
  {
    MutexLock lock(&mutex_);
    const auto found = packs_.find(file_id);
    if (found != packs_.end() && found->second.file != nullptr) return found->second.file;
  }
  LARDER_ASSIGN_OR_RETURN(File opened, folder_->OpenFile(folder_->PackPath(file_id)));
  auto file = std::make_shared<const File>(std::move(opened));
  MutexLock lock(&mutex_);
  Pack& pack = packs_[file_id];
  if (pack.file != nullptr) return pack.file;
  pack.file = file;
  ++open_files_;
  CloseUnused();
  return file;
}

uint64_t PackStore::Free(PackPlace place, uint64_t bytes) {
  bytes = RoundUp(bytes, kAlignment);
  bool punched = false;
  if (const auto file = Open(place.file_id); file.ok()) {
    punched = (*file)->PunchHole({place.offset, bytes}).ok();
  }
  uint64_t unreturned = 0;
  {
    MutexLock lock(&mutex_);
    Pack& pack = packs_[place.file_id];
    if (!punched) pack.unreturned_bytes += bytes;
    if (pack.alive_bytes) *pack.alive_bytes -= std::min(*pack.alive_bytes, bytes);
    if (place.file_id == open_id_ || pack.alive_bytes != 0) return punched ? bytes : 0;
    unreturned = pack.unreturned_bytes;
  }
  Remove(place.file_id);
  return unreturned + (punched ? bytes : 0);
}

void PackStore::SetAlive(uint64_t file_id, uint64_t alive_bytes, uint64_t unreturned_bytes) {
  MutexLock lock(&mutex_);
  Pack& pack = packs_[file_id];
  pack.alive_bytes = alive_bytes;
  pack.unreturned_bytes = unreturned_bytes;
}

void PackStore::CloseUnused() {
  for (auto& [file_id, pack] : packs_) {
    if (open_files_ <= kMaxOpenPacks) return;
    if (file_id == open_id_ || pack.file == nullptr || pack.file.use_count() > 1) continue;
    pack.file = nullptr;
    --open_files_;
  }
}

void PackStore::Remove(uint64_t file_id) {
  {
    MutexLock lock(&mutex_);
    const auto found = packs_.find(file_id);
    if (found != packs_.end()) {
      if (found->second.file != nullptr) --open_files_;
      packs_.erase(found);
    }
  }
  (void)folder_->Unlink(folder_->PackPath(file_id));
  meta_->Removed(folder_->PackPath(file_id));
}

}  // namespace larder::cache

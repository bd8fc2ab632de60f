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
      Allocation allocation{{open_id_, open_end_}, files_[open_id_]};
      open_end_ += bytes;
      return allocation;
    }
  }
  // Two threads may both come here: then one pack stays a little emptier.
  LARDER_ASSIGN_OR_RETURN(const uint64_t file_id, meta_->NewFileId());
  LARDER_ASSIGN_OR_RETURN(File made, folder_->CreateFile(folder_->PackPath(file_id)));
  auto file = std::make_shared<const File>(std::move(made));
  MutexLock lock(&mutex_);
  files_[file_id] = file;
  open_id_ = file_id;
  open_end_ = bytes;
  return Allocation{{file_id, 0}, std::move(file)};
}

absl::StatusOr<std::shared_ptr<const File>> PackStore::Open(uint64_t file_id) {
  {
    MutexLock lock(&mutex_);
    const auto found = files_.find(file_id);
    if (found != files_.end()) return found->second;
  }
  LARDER_ASSIGN_OR_RETURN(File opened, folder_->OpenFile(folder_->PackPath(file_id)));
  auto file = std::make_shared<const File>(std::move(opened));
  MutexLock lock(&mutex_);
  return files_.emplace(file_id, std::move(file)).first->second;
}

absl::Status PackStore::Free(PackPlace place, uint64_t bytes) {
  LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<const File> file, Open(place.file_id));
  return file->PunchHole({place.offset, RoundUp(bytes, kAlignment)});
}

}  // namespace larder::cache

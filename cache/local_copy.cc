// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/local_copy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/crc32c.h"
#include "base/errors.h"
#include "base/log.h"
#include "cache/core.h"

namespace larder::cache {

LocalCopy::LocalCopy(Core* core, uint64_t dataset, const ObjectSpec& spec, uint32_t block_bytes,
                     uint32_t block_count)
    : core_(core),
      dataset_(dataset),
      id_(spec.id),
      path_(spec.path),
      version_(spec.version),
      block_bytes_(block_bytes),
      block_count_(block_count),
      packed_(spec.version.size <= kPackedObjectBytes),
      present_(block_count),
      room_(block_count),
      crcs_(block_count) {}

bool LocalCopy::ReserveRoom(uint32_t first, uint32_t count) {
  std::vector<uint32_t> without;
  uint64_t bytes = 0;
  {
    MutexLock lock(&mutex_);
    if (unreadable_) return false;
    for (uint32_t block = first; block < first + count; ++block) {
      if (room_[block]) continue;
      without.push_back(block);
      bytes += RoundUp(BlockLength(block), 4096);
    }
  }
  if (!core_->space->Reserve(bytes)) return false;
  MutexLock lock(&mutex_);
  for (const uint32_t block : without) room_[block] = true;
  return true;
}

void LocalCopy::FreeUnused() {
  std::shared_ptr<const File> file;
  std::vector<uint32_t> unused;
  std::vector<PackPlace> dropped;
  {
    MutexLock lock(&mutex_);
    file = file_;
    dropped.swap(dropped_);
    for (uint32_t block = 0; block < block_count_; ++block) {
      if (room_[block]) unused.push_back(block);
    }
    room_.assign(block_count_, false);
  }
  for (const uint32_t block : unused) {
    // It may have been allocated with its run.
    if (!packed_ && file != nullptr) {
      (void)file->PunchHole({uint64_t{block} * block_bytes_, BlockLength(block)});
    }
    core_->space->ReturnReserved(BlockLength(block));
  }
  if (!packed_ && file != nullptr && !unused.empty()) (void)file->FreeBeyondEnd();
  for (const PackPlace place : dropped) core_->evictor->Free(place, version_.size);
}

uint64_t LocalCopy::BlockLength(uint32_t block) const {
  return std::min<uint64_t>(block_bytes_, version_.size - uint64_t{block} * block_bytes_);
}

index::ObjectRecord LocalCopy::NewRecord(const std::string& etag) const {
  index::ObjectRecord record;
  record.layout = packed_ ? index::Layout::kPack : index::Layout::kObjectFile;
  record.dataset = dataset_;
  record.size = version_.size;
  record.block_bytes = packed_ ? 0 : block_bytes_;
  record.mtime = version_.mtime;
  record.etag = etag;
  record.path = path_;
  return record;
}

bool LocalCopy::Unreadable(const absl::Status& cause) {
  StopFilling(*core_, cause);
  MutexLock lock(&mutex_);
  unreadable_ = true;
  return false;
}

bool LocalCopy::Restore(std::string* etag) {
  const absl::StatusOr<std::optional<index::ObjectRecord>> found = core_->index->GetObject(id_);
  if (!found.ok()) {
    return Unreadable(found.status());
  }
  const std::optional<index::ObjectRecord>& record = *found;
  if (!record || record->size != version_.size) return false;
  const bool packed = record->layout == index::Layout::kPack;
  if (packed != packed_ || (!packed && record->block_bytes != block_bytes_)) return false;
  absl::StatusOr<std::shared_ptr<const File>> file;
  if (packed) {
    file = core_->packs->Open(record->file_id);
  } else {
    absl::StatusOr<File> opened =
        core_->folder->OpenFile(core_->folder->ObjectFilePath(record->file_id));
    if (opened.ok()) {
      file = std::make_shared<const File>(*std::move(opened));
    } else {
      file = opened.status();
    }
  }
  if (!file.ok() && !absl::IsNotFound(file.status())) return Unreadable(file.status());
  if (!file.ok()) {
    // Lost with a crash, or removed by hand: the bytes are fetched again.
    LogWarning(absl::StrCat("cache: ", path_,
                            " is indexed but its file can't be opened: ", file.status().message()));
    index::Batch batch;
    batch.DeleteObject(id_);
    // Synced: records of blocks that came back would be taken for those of the next file.
    const absl::Status deleted = core_->index->Write(std::move(batch), /*sync=*/true);
    return deleted.ok() ? false : Unreadable(deleted);
  }
  *etag = record->etag;
  {
    MutexLock lock(&mutex_);
    file_ = *std::move(file);
    file_id_ = record->file_id;
    base_ = record->offset;
  }
  return RestoreBlocks(*record).ok();
}

absl::Status LocalCopy::RestoreBlocks(const index::ObjectRecord& record) {
  std::vector<std::pair<uint32_t, index::BlockRecord>> found;
  if (packed_) {
    found.push_back({0, {record.crc32c, record.sync_epoch}});
  } else {
    LARDER_RETURN_IF_ERROR(
        core_->index->ForEachBlock(id_, [&](uint32_t block, const index::BlockRecord& one) {
          found.push_back({block, one});
        }));
  }
  MutexLock lock(&mutex_);
  for (const auto& [block, one] : found) {
    if (block >= block_count_) continue;
    present_[block] = true;
    crcs_[block] = one.crc32c;
    ++present_count_;
    present_bytes_ += BlockLength(block);
    // Small objects are cheap to check once more: the first read of each does.
    if (packed_ || core_->meta->IsUnverified(one.sync_epoch)) {
      unverified_.resize(block_count_);
      unverified_[block] = true;
      ++unverified_count_;
    }
  }
  completed_ = record.complete && present_count_ == block_count_;
  return absl::OkStatus();
}

bool LocalCopy::Has(uint32_t block) const {
  MutexLock lock(&mutex_);
  return present_[block];
}

uint64_t LocalCopy::cached_bytes() const {
  MutexLock lock(&mutex_);
  return present_bytes_;
}

bool LocalCopy::complete() const {
  MutexLock lock(&mutex_);
  return present_count_ == block_count_ && (packed_ || unverified_count_ == 0);
}

std::optional<int> LocalCopy::BackingFd() {
  MutexLock lock(&mutex_);
  if (packed_ || !completed_ || unverified_count_ > 0 || file_ == nullptr) return std::nullopt;
  return file_->fd();
}

absl::Status LocalCopy::Read(ByteRange range, std::span<char> out) {
  while (!range.empty()) {
    const auto block = static_cast<uint32_t>(range.offset / block_bytes_);
    const uint64_t block_offset = uint64_t{block} * block_bytes_;
    const ByteRange part = range.Intersect({block_offset, block_bytes_});
    LARDER_RETURN_IF_ERROR(ReadBlock(block, part, out.first(part.length)));
    out = out.subspan(part.length);
    range = ByteRange::FromTo(part.end(), range.end());
  }
  return absl::OkStatus();
}

absl::Status LocalCopy::ReadBlock(uint32_t block, ByteRange range, std::span<char> out) {
  std::shared_ptr<const File> file;
  uint64_t base = 0;
  uint32_t crc = 0;
  bool unverified = false;
  {
    MutexLock lock(&mutex_);
    if (!present_[block]) return absl::NotFoundError("the block is not here any more");
    file = file_;
    base = base_;
    crc = crcs_[block];
    unverified = !unverified_.empty() && unverified_[block];
  }
  const ByteRange whole{uint64_t{block} * block_bytes_, BlockLength(block)};
  std::shared_ptr<Buffer> scratch;
  std::span<char> into = out;
  ByteRange from = range;
  if (unverified && range != whole) {
    scratch = core_->buffers->AcquireAlways(whole.length);
    into = {scratch->data(), whole.length};
    from = whole;
  }
  const absl::StatusOr<size_t> n = file->ReadAt(base + from.offset, into);
  absl::Status status = n.status();
  if (status.ok() && *n < into.size()) status = absl::DataLossError("the cache file is too short");
  // A part alone can't be checked; the disk's own checks and `larder verify` stand for it.
  if (status.ok() && from == whole && Crc32c(into) != crc) {
    status = absl::DataLossError("checksum mismatch");
  }
  if (!status.ok()) {
    if (!absl::IsDataLoss(status)) StopFilling(*core_, status);
    Drop(block, status);
    return status;
  }
  if (unverified) {
    MutexLock lock(&mutex_);
    if (unverified_[block]) {
      unverified_[block] = false;
      --unverified_count_;
    }
  }
  if (scratch != nullptr) {
    std::copy_n(scratch->data() + (range.offset - whole.offset), out.size(), out.data());
  }
  return absl::OkStatus();
}

void LocalCopy::Drop(uint32_t block, const absl::Status& cause) {
  index::Batch batch;
  uint64_t file_id = 0;
  uint64_t base = 0;
  bool verified = true;
  {
    MutexLock lock(&mutex_);
    if (!present_[block]) return;
    present_[block] = false;
    --present_count_;
    present_bytes_ -= BlockLength(block);
    if (!unverified_.empty() && unverified_[block]) {
      verified = false;
      unverified_[block] = false;
      --unverified_count_;
    }
    completed_ = false;
    file_id = file_id_;
    base = base_;
  }
  core_->corrupt_blocks.Add();
  core_->evictor->Subtracted(id_, BlockLength(block));
  core_->dataset_bytes.Add(dataset_, -static_cast<int64_t>(BlockLength(block)));
  LogWarning(absl::StrCat("cache: dropped a bad block of ", path_, " (block ", block,
                          "), it is fetched again: ", cause.message()));
  // The record goes before the bytes may be used otherwise. The index's own error leaves a record
  // of bytes that fail their check again.
  if (packed_) {
    batch.DeleteObject(id_);
  } else {
    batch.DeleteBlock(id_, block);
  }
  // A record that came back with a power cut would be believed, if it is of a synced epoch, while
  // its bytes are overwritten or punched.
  const absl::Status written = core_->index->Write(std::move(batch), /*sync=*/verified);
  if (!written.ok()) return StopFilling(*core_, written);
  if (packed_) {
    // Others may be reading the place now.
    MutexLock lock(&mutex_);
    dropped_.push_back({file_id, base});
  } else {
    // The same bytes come again to the same place; the file stays as it is for those who have it
    // open, and so the block keeps its room.
    MutexLock lock(&mutex_);
    room_[block] = true;
  }
}

absl::Status LocalCopy::Write(uint32_t block, std::span<const char> bytes, ByteRange preallocate,
                              const std::string& etag) {
  LARDER_RETURN_IF_ERROR(core_->meta->RaiseUsedBound(core_->space->used_bytes()));
  LARDER_RETURN_IF_ERROR(packed_ ? WritePacked(bytes, etag)
                                 : WriteBlock(block, bytes, preallocate, etag));
  {
    MutexLock lock(&mutex_);
    room_[block] = false;
  }
  core_->space->Written(bytes.size());
  core_->written_bytes.Add(bytes.size());
  core_->dataset_bytes.Add(dataset_, static_cast<int64_t>(bytes.size()));
  core_->evictor->Added(id_, dataset_, path_, bytes.size());
  return absl::OkStatus();
}

absl::Status LocalCopy::WritePacked(std::span<const char> bytes, const std::string& etag) {
  LARDER_ASSIGN_OR_RETURN(PackStore::Allocation place, core_->packs->Allocate(bytes.size()));
  const uint32_t epoch = core_->meta->BeginWrite(place.file);
  index::ObjectRecord record = NewRecord(etag);
  record.complete = true;
  record.file_id = place.place.file_id;
  record.offset = place.place.offset;
  record.crc32c = Crc32c(bytes);
  record.sync_epoch = epoch;
  absl::Status status = place.file->WriteAt(place.place.offset, bytes);
  if (status.ok()) {
    index::Batch batch;
    batch.PutObject(id_, record);
    status = core_->index->Write(std::move(batch));
  }
  core_->meta->EndWrite(epoch);
  if (!status.ok()) {
    (void)core_->packs->Free(place.place, bytes.size());
    return status;
  }
  MutexLock lock(&mutex_);
  file_ = std::move(place.file);
  file_id_ = record.file_id;
  base_ = record.offset;
  crcs_[0] = record.crc32c;
  present_[0] = true;
  present_count_ = 1;
  present_bytes_ = bytes.size();
  completed_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const File>> LocalCopy::ObjectFile(const std::string& etag) {
  MutexLock one(&creation_mutex_);
  {
    MutexLock lock(&mutex_);
    if (file_ != nullptr) return file_;
  }
  LARDER_ASSIGN_OR_RETURN(const uint64_t file_id, core_->meta->NewFileId());
  LARDER_ASSIGN_OR_RETURN(File made,
                          core_->folder->CreateFile(core_->folder->ObjectFilePath(file_id)));
  index::ObjectRecord record = NewRecord(etag);
  record.file_id = file_id;
  index::Batch batch;
  batch.PutObject(id_, record);
  LARDER_RETURN_IF_ERROR(core_->index->Write(std::move(batch)));
  MutexLock lock(&mutex_);
  file_ = std::make_shared<const File>(std::move(made));
  file_id_ = file_id;
  return file_;
}

absl::Status LocalCopy::WriteBlock(uint32_t block, std::span<const char> bytes,
                                   ByteRange preallocate, const std::string& etag) {
  LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<const File> file, ObjectFile(etag));
  if (!preallocate.empty()) {
    // Only an arrangement of blocks on the disk: where it can't be had, the write allocates.
    (void)file->Preallocate(preallocate);
  }
  const uint32_t epoch = core_->meta->BeginWrite(file);
  index::BlockRecord record;
  record.crc32c = Crc32c(bytes);
  record.sync_epoch = epoch;
  absl::Status status = file->WriteAt(uint64_t{block} * block_bytes_, bytes);
  if (status.ok()) {
    index::Batch batch;
    batch.PutBlock(id_, block, record);
    status = core_->index->Write(std::move(batch));
  }
  core_->meta->EndWrite(epoch);
  LARDER_RETURN_IF_ERROR(status);
  bool all = false;
  {
    MutexLock lock(&mutex_);
    if (!present_[block]) {
      present_[block] = true;
      ++present_count_;
      present_bytes_ += bytes.size();
    }
    crcs_[block] = record.crc32c;
    all = present_count_ == block_count_;
  }
  return all ? Complete(etag) : absl::OkStatus();
}

absl::Status LocalCopy::Complete(const std::string& etag) {
  std::shared_ptr<const File> file;
  index::ObjectRecord record = NewRecord(etag);
  {
    MutexLock lock(&mutex_);
    file = file_;
    record.file_id = file_id_;
  }
  // A read in passthrough ends at the file's size.
  LARDER_RETURN_IF_ERROR(file->Truncate(version_.size));
  record.complete = true;
  index::Batch batch;
  batch.PutObject(id_, record);
  LARDER_RETURN_IF_ERROR(core_->index->Write(std::move(batch)));
  MutexLock lock(&mutex_);
  completed_ = present_count_ == block_count_;
  return absl::OkStatus();
}

}  // namespace larder::cache

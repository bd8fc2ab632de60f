// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/recount.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/file.h"
#include "base/log.h"

namespace larder::cache {
namespace {

constexpr uint64_t kDiskBlockBytes = 4096;
// Places in packs that are held in memory at a time, 16 bytes each: caches with more objects are
// read through several times.
constexpr uint64_t kMaxPlaces = 2'000'000;

absl::StatusOr<std::vector<uint64_t>> FileIdsIn(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return ErrnoError(errno, path);
  std::vector<uint64_t> ids;
  while (const dirent* entry = ::readdir(folder)) {
    const uint64_t id = CacheFolder::FileIdOf(entry->d_name);
    if (id != 0) ids.push_back(id);
  }
  ::closedir(folder);
  return ids;
}

}  // namespace

Recount::Recount(Core* core)
    : core_(core), at_start_(core->index->TakeSnapshot()), thread_([this] { Run(); }) {}

Recount::~Recount() {
  stop_ = true;
  thread_.join();
}

void Recount::Run() {
  const absl::Status status = Count();
  at_start_ = nullptr;
  done_ = true;
  if (stop_) return;
  if (!status.ok()) {
    // The bound stays as it is: too high at worst. Evicting would count from a wrong start.
    LogWarning(absl::StrCat("cache: could not count what is there: ", status.message()));
    return;
  }
  if (forgotten_ > 0) {
    LogWarning(
        absl::StrCat("cache: the bytes of ", forgotten_,
                     " indexed objects are gone; they are fetched again when they are read"));
  }
  core_->space->Adjust(static_cast<int64_t>(used_bytes_) -
                       static_cast<int64_t>(core_->meta->used_bytes_at_open()));
  core_->evictor->Begin();
}

absl::Status Recount::Count() {
  LARDER_RETURN_IF_ERROR(FindFiles());
  LARDER_RETURN_IF_ERROR(ReadRecords());
  LARDER_RETURN_IF_ERROR(CleanPacks());
  RemoveObjectFilesWithoutRecord();
  return absl::OkStatus();
}

absl::Status Recount::FindFiles() {
  const uint64_t first_new = core_->meta->first_new_file_id();
  LARDER_ASSIGN_OR_RETURN(const std::vector<uint64_t> packs,
                          FileIdsIn(core_->folder->packs_path()));
  for (const uint64_t id : packs) {
    if (id >= first_new) continue;
    LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<const File> file, core_->packs->Open(id));
    LARDER_ASSIGN_OR_RETURN(packs_[id].file_bytes, file->Size());
  }
  LARDER_ASSIGN_OR_RETURN(const std::vector<uint64_t> objects,
                          FileIdsIn(core_->folder->objects_path()));
  for (const uint64_t id : objects) {
    if (id < first_new) object_files_.insert(id);
  }
  return absl::OkStatus();
}

absl::Status Recount::ReadRecords() {
  absl::Status status;
  const auto visit = [&](const Digest& id, const index::ObjectRecord& record) {
    if (record.layout == index::Layout::kPack) {
      CountPacked(id, record);
    } else {
      status = CountObjectFile(id, record);
    }
    return status.ok() && !stop_;
  };
  LARDER_RETURN_IF_ERROR(core_->index->ForEachObject(Digest(), visit, at_start_.get()));
  return status;
}

void Recount::CountPacked(const Digest& id, const index::ObjectRecord& record) {
  const auto pack = packs_.find(record.file_id);
  if (pack == packs_.end() || record.offset + record.size > pack->second.file_bytes) {
    return Forget(id, record);
  }
  ++pack->second.objects;
  core_->dataset_bytes.Add(record.dataset, static_cast<int64_t>(record.size));
  core_->evictor->Added(id, record.dataset, record.path, record.size);
}

absl::Status Recount::CountObjectFile(const Digest& id, const index::ObjectRecord& record) {
  if (!object_files_.erase(record.file_id)) {
    Forget(id, record);
    return absl::OkStatus();
  }
  uint64_t content = 0;
  uint64_t disk = 0;
  const auto range_of = [&](uint32_t block) {
    return ByteRange{uint64_t{block} * record.block_bytes, record.block_bytes}.ClampTo(record.size);
  };
  LARDER_RETURN_IF_ERROR(core_->index->ForEachBlock(
      id,
      [&](uint32_t block, const index::BlockRecord&) {
        content += range_of(block).length;
        disk += RoundUp(range_of(block).length, kDiskBlockBytes);
      },
      at_start_.get()));
  core_->dataset_bytes.Add(record.dataset, static_cast<int64_t>(content));
  core_->evictor->Added(id, record.dataset, record.path, content);
  used_bytes_ += disk;

  // Blocks that were allocated and never noted: freed, or counted where somebody fills them now.
  LARDER_ASSIGN_OR_RETURN(const File file,
                          core_->folder->OpenFile(core_->folder->ObjectFilePath(record.file_id)));
  LARDER_ASSIGN_OR_RETURN(const uint64_t allocated, file.AllocatedBytes());
  if (allocated <= disk) return absl::OkStatus();
  if (!core_->open->Claim(id)) {
    used_bytes_ += allocated - disk;
    return absl::OkStatus();
  }
  uint64_t end = 0;
  absl::Status read =
      core_->index->ForEachBlock(id, [&](uint32_t block, const index::BlockRecord&) {
        (void)file.PunchHole(ByteRange::FromTo(end, range_of(block).offset));
        end = RoundUp(range_of(block).end(), kDiskBlockBytes);
      });
  const absl::StatusOr<uint64_t> size = file.Size();
  if (read.ok() && size.ok() && end < *size) {
    (void)file.PunchHole(ByteRange::FromTo(end, *size));
  }
  (void)file.FreeBeyondEnd();
  core_->open->Unclaim(id);
  return read;
}

void Recount::Forget(const Digest& id, const index::ObjectRecord& record) {
  // Of an object that somebody has open, he finds out by himself.
  if (!core_->open->Claim(id)) return;
  const auto now = core_->index->GetObject(id);
  if (now.ok() && *now == record) {
    index::Batch batch;
    batch.DeleteObject(id);
    if (core_->index->Write(std::move(batch)).ok()) ++forgotten_;
  }
  core_->open->Unclaim(id);
}

absl::Status Recount::CleanPacks() {
  for (auto first = packs_.begin(); first != packs_.end() && !stop_;) {
    // As many packs as fit into memory.
    absl::flat_hash_map<uint64_t, std::vector<ByteRange>> alive;
    uint64_t places = 0;
    auto last = first;
    while (last != packs_.end() && (last == first || places + last->second.objects <= kMaxPlaces)) {
      places += last->second.objects;
      alive[last->first].reserve(last->second.objects);
      ++last;
    }
    LARDER_RETURN_IF_ERROR(core_->index->ForEachObject(
        Digest(),
        [&](const Digest&, const index::ObjectRecord& record) {
          const auto pack = alive.find(record.file_id);
          if (record.layout == index::Layout::kPack && pack != alive.end() &&
              record.offset + record.size <= packs_[record.file_id].file_bytes) {
            pack->second.push_back({record.offset, RoundUp(record.size, kDiskBlockBytes)});
          }
          return !stop_;
        },
        at_start_.get()));
    for (; first != last && !stop_; ++first)
      CleanPack(first->first, std::move(alive[first->first]));
  }
  return absl::OkStatus();
}

void Recount::CleanPack(uint64_t file_id, std::vector<ByteRange> alive) {
  std::sort(alive.begin(), alive.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  const absl::StatusOr<std::shared_ptr<const File>> file = core_->packs->Open(file_id);
  if (!file.ok()) return;
  uint64_t alive_bytes = 0;
  uint64_t end = 0;
  for (const ByteRange& one : alive) {
    if (one.offset > end) (void)(*file)->PunchHole(ByteRange::FromTo(end, one.offset));
    end = std::max(end, one.end());
    alive_bytes += one.length;
  }
  const uint64_t size = packs_[file_id].file_bytes;
  if (size > end) (void)(*file)->PunchHole(ByteRange::FromTo(end, size));
  uint64_t unreturned = 0;
  const absl::StatusOr<uint64_t> allocated = (*file)->AllocatedBytes();
  // Not where it is a block or two of the file's own tree.
  if (allocated.ok() && *allocated > alive_bytes + (64 << 10))
    unreturned = *allocated - alive_bytes;
  used_bytes_ += alive_bytes;
  if (alive_bytes == 0) {
    core_->packs->Remove(file_id);
    return;
  }
  used_bytes_ += unreturned;
  core_->packs->SetAlive(file_id, alive_bytes, unreturned);
}

void Recount::RemoveObjectFilesWithoutRecord() {
  for (const uint64_t id : object_files_) {
    if (stop_) return;
    (void)core_->folder->Unlink(core_->folder->ObjectFilePath(id));
  }
  object_files_.clear();
}

}  // namespace larder::cache

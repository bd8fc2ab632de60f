// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/recount.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/file.h"
#include "base/log.h"

namespace larder::cache {
namespace {

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

Recount::Recount(Core* core) : core_(core), thread_([this] { Run(); }) {}

Recount::~Recount() {
  stop_ = true;
  thread_.join();
}

void Recount::Run() {
  absl::Status status = ReadRecords();
  if (status.ok()) status = CleanPacks();
  if (status.ok()) status = CleanObjectFiles();
  if (stop_) return;
  if (!status.ok()) {
    // The bound stays as it is: too high at worst.
    LogWarning(absl::StrCat("cache: could not count what is there: ", status.message()));
    return;
  }
  core_->space->Adjust(static_cast<int64_t>(used_bytes_) -
                       static_cast<int64_t>(core_->meta->used_bytes_at_open()));
}

absl::Status Recount::ReadRecords() {
  const uint32_t first_epoch = core_->meta->first_epoch();
  absl::Status blocks_status;
  LARDER_RETURN_IF_ERROR(core_->index->ForEachObject(
      Digest(), [&](const Digest& id, const index::ObjectRecord& record) {
        if (record.layout == index::Layout::kPack) {
          if (record.sync_epoch >= first_epoch) return !stop_;  // of this run, counted as written
          packs_[record.file_id].push_back({record.offset, RoundUp(record.size, 4096)});
          core_->dataset_bytes.Add(record.dataset, static_cast<int64_t>(record.size));
          return !stop_;
        }
        object_files_.insert(record.file_id);
        uint64_t bytes = 0;
        blocks_status =
            core_->index->ForEachBlock(id, [&](uint32_t block, const index::BlockRecord& one) {
              if (one.sync_epoch >= first_epoch) return;
              bytes += std::min<uint64_t>(record.block_bytes,
                                          record.size - uint64_t{block} * record.block_bytes);
            });
        core_->dataset_bytes.Add(record.dataset, static_cast<int64_t>(bytes));
        return blocks_status.ok() && !stop_;
      }));
  return blocks_status;
}

uint64_t Recount::CleanPack(uint64_t file_id, std::vector<ByteRange> alive) {
  if (alive.empty()) {
    (void)core_->folder->Unlink(core_->folder->PackPath(file_id));
    return 0;
  }
  absl::StatusOr<std::shared_ptr<const File>> file = core_->packs->Open(file_id);
  if (!file.ok()) return 0;
  std::sort(alive.begin(), alive.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  uint64_t bytes = 0;
  uint64_t end = 0;
  for (const ByteRange& one : alive) {
    (void)(*file)->PunchHole(ByteRange::FromTo(end, one.offset));
    end = std::max(end, one.end());
    bytes += one.length;
  }
  const absl::StatusOr<uint64_t> size = (*file)->Size();
  if (size.ok()) (void)(*file)->PunchHole(ByteRange::FromTo(end, *size));
  return bytes;
}

absl::Status Recount::CleanPacks() {
  LARDER_ASSIGN_OR_RETURN(const std::vector<uint64_t> ids, FileIdsIn(core_->folder->packs_path()));
  for (const uint64_t id : ids) {
    if (stop_) break;
    if (id >= core_->meta->first_new_file_id()) continue;
    used_bytes_ += CleanPack(id, std::move(packs_[id]));
  }
  packs_.clear();
  return absl::OkStatus();
}

absl::Status Recount::CleanObjectFiles() {
  LARDER_ASSIGN_OR_RETURN(const std::vector<uint64_t> ids,
                          FileIdsIn(core_->folder->objects_path()));
  for (const uint64_t id : ids) {
    if (stop_) break;
    if (id >= core_->meta->first_new_file_id()) continue;
    const std::string path = core_->folder->ObjectFilePath(id);
    if (!object_files_.contains(id)) {
      (void)core_->folder->Unlink(path);
      continue;
    }
    // What this run adds to the file meanwhile is counted twice: too high, never too low.
    absl::StatusOr<File> file = core_->folder->OpenFile(path);
    if (!file.ok()) continue;
    const absl::StatusOr<uint64_t> bytes = file->AllocatedBytes();
    if (bytes.ok()) used_bytes_ += *bytes;
  }
  object_files_.clear();
  return absl::OkStatus();
}

}  // namespace larder::cache

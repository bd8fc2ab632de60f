// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/cache_impl.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/path.h"
#include "cache/open_index.h"
#include "cache/recount.h"

namespace larder::cache {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr int kTicksPerDiskProbe = 10;
// The end of a daemon waits this long for the disk; what is not synced by then is checked at its
// first use after a crash.
constexpr absl::Duration kFinalCheckpoint = absl::Seconds(6);

// A start waits this long for a cache that has to become smaller.
constexpr absl::Duration kShrinkPatience = absl::Seconds(30);

// The catalog looks for room each time it has written this much: a small part of the least reserve.
constexpr uint64_t kCatalogStep = 256 << 10;
constexpr absl::Duration kCatalogPatience = absl::Seconds(1);

constexpr uint64_t kLeastCapacityBytes = 32 << 20;
constexpr uint64_t kLeastMemoryBytes = 14 << 20;

absl::Status CheckOptions(const CacheOptions& options) {
  if (options.folder.empty()) return absl::InvalidArgumentError("no cache folder is named");
  if (options.capacity_bytes < kLeastCapacityBytes) {
    return absl::InvalidArgumentError(absl::StrCat("cache size ", options.capacity_bytes,
                                                   " is too small: at least 32MiB is needed"));
  }
  if (options.memory_bytes < kLeastMemoryBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("memory ", options.memory_bytes, " is too small: at least 14MiB is needed"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cache>> Cache::Create(const CacheOptions& options) {
  LARDER_RETURN_IF_ERROR(CheckOptions(options));
  auto cache = std::make_unique<CacheImpl>(options);
  LARDER_RETURN_IF_ERROR(cache->Start());
  return std::unique_ptr<Cache>(std::move(cache));
}

absl::Status CacheImpl::Start() {
  LARDER_ASSIGN_OR_RETURN(core_.folder, CacheFolder::Open(options_.folder, options_.file_observer));
  index::IndexOptions index;
  index.path = core_.folder->index_path();
  index.env = options_.index_env;
  index.block_cache_bytes = std::clamp<uint64_t>(options_.memory_bytes / 16, 1 << 20, 64 << 20);
  index.write_buffer_bytes = std::min(
      std::clamp<uint64_t>(Space::IndexReserve(options_.capacity_bytes) / 8, 512 << 10, 16 << 20),
      options_.memory_bytes / 16);
  const std::string boot_id = options_.boot_id.empty() ? ReadBootId() : options_.boot_id;
  LARDER_RETURN_IF_ERROR(core_.folder->NoteRunning(boot_id));
  LARDER_ASSIGN_OR_RETURN(core_.index, OpenIndex(*core_.folder, index, boot_id));
  const uint64_t used_step = std::clamp<uint64_t>(options_.capacity_bytes / 64, 1 << 20, 64 << 20);
  LARDER_ASSIGN_OR_RETURN(core_.meta, MetaState::Open(core_.index.get(), boot_id, used_step));
  SpaceOptions space;
  space.capacity_bytes = options_.capacity_bytes;
  space.min_free_bytes = options_.min_free_bytes;
  space.disk_free_bytes = [folder = core_.folder.get()] { return folder->DiskFreeBytes(); };
  core_.space = std::make_unique<Space>(std::move(space));
  core_.space->Adjust(static_cast<int64_t>(core_.meta->used_bytes_at_open()));
  core_.packs = std::make_unique<PackStore>(core_.folder.get(), core_.meta.get(),
                                            PackStore::PackBytesFor(options_.capacity_bytes));
  core_.open = std::make_unique<OpenObjects>();
  core_.evictor = std::make_unique<Evictor>(&core_, options_.capacity_bytes);
  LARDER_RETURN_IF_ERROR(LoadPins());
  // What RocksDB holds (its block cache and two write buffers) comes out of the same budget, and so
  // do the books of the eviction policy, 25 bytes an object.
  const uint64_t index_memory = index.block_cache_bytes + 2 * index.write_buffer_bytes;
  const uint64_t books_memory = options_.memory_bytes / 16;
  const uint64_t buffer_bytes = std::max(
      kLeastMemoryBytes / 2,
      options_.memory_bytes - std::min(options_.memory_bytes, index_memory + books_memory));
  core_.buffers = std::make_unique<BufferPool>(buffer_bytes);
  core_.held = std::make_unique<HeldBlocks>(buffer_bytes / 2);
  core_.waiting = std::make_unique<WaitingObjects>();
  // Each load that stalls holds a block's buffer: they must not be able to take all of the memory.
  const auto loads_for_memory = static_cast<int>(buffer_bytes / 2 / kBlockBytes);
  core_.loads = std::make_unique<LoadQueue>(std::min(options_.max_loads, loads_for_memory));
  core_.writes = std::make_unique<ThreadPool>("cache-write", options_.write_threads);
  core_.replies = std::make_unique<ThreadPool>("cache-reply", 2);
  core_.stream_options.max_window_bytes = std::clamp<uint64_t>(buffer_bytes / 8, 2 << 20, 64 << 20);
  // The bound of what is used lies at most one step above what was: more is a quota that became
  // smaller, which holds before anything is read.
  const bool shrunk =
      core_.meta->used_bytes_at_open() > core_.space->object_capacity_bytes() + used_step;
  if (options_.mend) recount_ = std::make_unique<Recount>(&core_);
  if (options_.mend && shrunk && !core_.evictor->WaitUntilFits(kShrinkPatience)) {
    LogWarning("cache: still being cut down to its new size");
  }
  last_checkpoint_ = absl::Now();
  ticker_ = std::thread([this] { TickLoop(); });
  return absl::OkStatus();
}

CacheImpl::~CacheImpl() {
  Shutdown();
  if (ticker_.joinable()) ticker_.join();
  recount_.reset();
  if (core_.meta != nullptr) {
    const absl::Status synced =
        core_.meta->Checkpoint(absl::Now() + kFinalCheckpoint, core_.space->used_bytes());
    if (!synced.ok()) LogWarning(absl::StrCat("cache: at the end: ", synced.message()));
  }
  // Threads first: they use the rest.
  core_.replies.reset();
  core_.writes.reset();
  core_.evictor.reset();
  core_.packs.reset();
  core_.meta.reset();
  const bool whole = core_.index != nullptr && core_.index->SyncWal().ok();
  core_.index.reset();
  if (whole) (void)core_.folder->NoteEnded();
}

void CacheImpl::Shutdown() {
  {
    MutexLock lock(&mutex_);
    if (shut_down_) return;
    shut_down_ = true;
  }
  changed_.NotifyAll();
  if (core_.loads != nullptr) core_.loads->Shutdown();
  if (core_.waiting != nullptr) core_.waiting->Expire(absl::InfiniteFuture());
  if (core_.writes != nullptr) core_.writes->Drain();
  if (core_.replies != nullptr) core_.replies->Drain();
}

void CacheImpl::TickLoop() {
  mutex_.Lock();
  while (!shut_down_) {
    changed_.WaitFor(&mutex_, std::min(kTick, options_.checkpoint_interval));
    if (shut_down_) break;
    mutex_.Unlock();
    Tick();
    mutex_.Lock();
  }
  mutex_.Unlock();
}

void CacheImpl::Tick() {
  ++ticks_;
  core_.waiting->Expire(absl::Now());
  core_.buffers->WakeAll();
  core_.space->SetIndexBytes(core_.index->DiskBytes());
  core_.evictor->CheckLimits();
  CheckIndex();
  const absl::Status refused = core_.index->write_error();
  if (!refused.ok()) StopFilling(core_, refused);
  if (absl::Now() - last_checkpoint_ >= options_.checkpoint_interval) {
    last_checkpoint_ = absl::Now();
    const absl::Status synced =
        core_.meta->Checkpoint(absl::InfiniteFuture(), core_.space->used_bytes());
    if (!synced.ok()) StopFilling(core_, synced);
  }
  if (ticks_ % kTicksPerDiskProbe == 0 && !core_.space->stop_cause().empty()) {
    if (!core_.index->found_corrupt() && core_.folder->ProbeWrite().ok() &&
        (recount_ == nullptr || recount_->done()) && core_.index->Recover().ok()) {
      LogInfo("cache: the disk takes writes again, filling goes on");
      core_.space->Resume();
    }
  }
}

void CacheImpl::CheckIndex() {
  if (index_broken_ || !core_.index->found_corrupt()) return;
  index_broken_ = true;
  const absl::Status broken = absl::DataLossError(
      "the index is broken: filling stops, reads go on; the next mount begins with an empty cache");
  LogError(absl::StrCat("cache: ", broken.message()));
  core_.space->Stop(broken);
  const absl::Status marked = core_.folder->MarkBroken();
  if (!marked.ok()) LogError(absl::StrCat("cache: ", marked.message()));
}

absl::StatusOr<std::shared_ptr<CachedObject>> CacheImpl::Open(const Dataset& dataset,
                                                              const ObjectSpec& spec) {
  const auto closed = [this, id = spec.id] {
    core_.open->Closed(id);
    core_.evictor->Closed(id);
  };
  bool made = false;
  const std::shared_ptr<Object> object = core_.open->FindOrMake(
      spec.id, [&] { return std::make_shared<Object>(&core_, dataset, spec, closed); }, &made);
  if (made) core_.evictor->Used(object->ThisUse());
  // The first one in restores; others wait for it.
  LARDER_RETURN_IF_ERROR(object->Restore());
  // Where it was open already it may be of another version than the caller's.
  LARDER_RETURN_IF_ERROR(object->CheckEtag(spec.version.etag));
  return std::shared_ptr<CachedObject>(object);
}

absl::StatusOr<Evicted> CacheImpl::Evict(uint64_t dataset, const std::string& path) {
  std::vector<Digest> ids;
  LARDER_RETURN_IF_ERROR(core_.index->ForEachObject(
      Digest(), [&](const Digest& id, const index::ObjectRecord& record) {
        if (record.dataset == dataset && IsAtOrBelow(record.path, path)) ids.push_back(id);
        return true;
      }));
  return core_.evictor->EvictNow(ids);
}

absl::Status CacheImpl::Pin(uint64_t dataset, const std::string& path) {
  index::Batch batch;
  batch.PutPin(dataset, path);
  LARDER_RETURN_IF_ERROR(core_.index->Write(std::move(batch), /*sync=*/true));
  return ApplyPins(dataset);
}

absl::Status CacheImpl::Unpin(uint64_t dataset, const std::string& path) {
  index::Batch batch;
  batch.DeletePin(dataset, path);
  LARDER_RETURN_IF_ERROR(core_.index->Write(std::move(batch), /*sync=*/true));
  return ApplyPins(dataset);
}

absl::StatusOr<std::vector<std::string>> CacheImpl::Pins(uint64_t dataset) {
  std::vector<std::string> paths;
  LARDER_RETURN_IF_ERROR(core_.index->ForEachPin([&](uint64_t pinned, absl::string_view path) {
    if (pinned == dataset) paths.emplace_back(path);
  }));
  return paths;
}

absl::Status CacheImpl::LoadPins() {
  absl::flat_hash_map<uint64_t, std::vector<std::string>> pins;
  LARDER_RETURN_IF_ERROR(core_.index->ForEachPin(
      [&](uint64_t dataset, absl::string_view path) { pins[dataset].emplace_back(path); }));
  for (auto& [dataset, paths] : pins) core_.evictor->SetPins(dataset, std::move(paths));
  return absl::OkStatus();
}

absl::Status CacheImpl::ApplyPins(uint64_t dataset) {
  LARDER_ASSIGN_OR_RETURN(std::vector<std::string> paths, Pins(dataset));
  core_.evictor->SetPins(dataset, std::move(paths));
  return core_.index->ForEachObject(
      Digest(), [&](const Digest& id, const index::ObjectRecord& record) {
        if (record.dataset == dataset) {
          core_.evictor->SetPinned(id, core_.evictor->IsPinned(dataset, record.path));
        }
        return true;
      });
}

uint64_t CacheImpl::CachedBytes(const Digest& id) {
  if (const std::shared_ptr<Object> object = core_.open->Find(id)) {
    // One that is just being opened does not know yet what is cached of it.
    (void)object->Restore();
    return object->cached_bytes();
  }
  const absl::StatusOr<std::optional<index::ObjectRecord>> record = core_.index->GetObject(id);
  if (!record.ok() || !*record) return 0;
  if ((*record)->complete) return (*record)->size;
  uint64_t bytes = 0;
  (void)core_.index->ForEachBlock(id, [&](uint32_t block, const index::BlockRecord&) {
    const uint64_t offset = uint64_t{block} * (*record)->block_bytes;
    bytes += std::min<uint64_t>((*record)->block_bytes, (*record)->size - offset);
  });
  return bytes;
}

uint64_t CacheImpl::DatasetBytes(uint64_t dataset) { return core_.dataset_bytes.Get(dataset); }

absl::Status CacheImpl::AdmitCatalog(uint64_t bytes) {
  if (catalog_growth_.fetch_add(bytes) + bytes < kCatalogStep) return absl::OkStatus();
  catalog_growth_ = 0;
  const uint64_t index_bytes = core_.index->DiskBytes();
  core_.space->SetIndexBytes(index_bytes);
  if (index_bytes + Space::IndexReserve(options_.capacity_bytes) > options_.capacity_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the names of the dataset do not fit into a cache of ",
                     options_.capacity_bytes >> 20, " MiB: raise --cache-size"));
  }
  if (core_.space->over_bytes() > 0) (void)core_.evictor->WaitUntilFits(kCatalogPatience);
  return absl::OkStatus();
}

absl::StatusOr<VerifyProgress> CacheImpl::Verify(const VerifyOptions& options,
                                                 const VerifyReport& report) {
  return Verifier(&core_, options, report).Run();
}

CacheStatus CacheImpl::GetStatus() {
  CacheStatus status;
  status.capacity_bytes = options_.capacity_bytes;
  status.index_bytes = core_.index->DiskBytes();
  status.used_bytes = core_.space->used_bytes() + status.index_bytes;
  status.written_bytes = core_.written_bytes.value();
  status.evicted_bytes = core_.evicted_bytes.value();
  status.corrupt_blocks = core_.corrupt_blocks.value();
  status.write_error = core_.space->stop_cause();
  return status;
}

}  // namespace larder::cache

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/verify.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/errors.h"
#include "cache/core.h"
#include "cache/object.h"

namespace larder::cache {
namespace {

// A remote that stalls is waited for in steps, so that a run can be cancelled.
constexpr absl::Duration kFetchStep = absl::Milliseconds(100);

uint64_t BytesOf(const index::ObjectRecord& record, uint32_t block) {
  if (record.layout == index::Layout::kPack) return record.size;
  return ByteRange{uint64_t{block} * record.block_bytes, record.block_bytes}
      .ClampTo(record.size)
      .length;
}

// A block on its way, waited for by somebody who may give up.
struct Arrival {
  Mutex mutex;
  CondVar changed;
  std::optional<absl::Status> status ABSL_GUARDED_BY(mutex);
};

}  // namespace

Verifier::Verifier(Core* core, VerifyOptions options, VerifyReport report)
    : core_(core),
      options_(std::move(options)),
      report_(std::move(report)),
      pool_("cache-verify", kThreads) {}

absl::StatusOr<VerifyProgress> Verifier::Run() {
  LARDER_RETURN_IF_ERROR(CheckIndex());
  LARDER_RETURN_IF_ERROR(
      ForEachBatch([this](const std::vector<Entry>& batch) { return Count(batch); }));
  {
    MutexLock lock(&mutex_);
    progress_.counted = true;
  }
  LARDER_RETURN_IF_ERROR(
      ForEachBatch([this](std::vector<Entry> batch) { return CheckBatch(std::move(batch)); }));
  while (true) {
    LARDER_RETURN_IF_ERROR(Report());
    MutexLock lock(&mutex_);
    if (found_.empty()) return progress_;
  }
}

absl::StatusOr<std::vector<Verifier::Entry>> Verifier::NextBatch(std::unique_ptr<Digest>* after) {
  std::vector<Entry> batch;
  const Digest from = *after == nullptr ? Digest() : **after;
  LARDER_RETURN_IF_ERROR(
      core_->index->ForEachObject(from, [&](const Digest& id, const index::ObjectRecord& record) {
        if (*after == nullptr || id != from) batch.emplace_back(id, record);
        return batch.size() < kBatchObjects;
      }));
  if (!batch.empty()) *after = std::make_unique<Digest>(batch.back().first);
  return batch;
}

absl::Status Verifier::ForEachBatch(const std::function<absl::Status(std::vector<Entry>)>& visit) {
  std::unique_ptr<Digest> after;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(std::vector<Entry> batch, NextBatch(&after));
    if (batch.empty()) return absl::OkStatus();
    LARDER_RETURN_IF_ERROR(visit(std::move(batch)));
  }
}

absl::Status Verifier::CheckIndex() {
  Start([this] {
    absl::Status status = core_->index->VerifyChecksums();
    MutexLock lock(&mutex_);
    index_status_ = std::move(status);
  });
  LARDER_RETURN_IF_ERROR(WaitForTasks());
  MutexLock lock(&mutex_);
  return WithContext(index_status_, "the cache's index");
}

absl::Status Verifier::Count(const std::vector<Entry>& batch) {
  uint64_t bytes = 0;
  for (const Entry& entry : batch) {
    const index::ObjectRecord& record = entry.second;
    if (record.layout == index::Layout::kPack || record.complete) {
      bytes += record.size;
      continue;
    }
    LARDER_RETURN_IF_ERROR(core_->index->ForEachBlock(
        entry.first,
        [&](uint32_t block, const index::BlockRecord&) { bytes += BytesOf(record, block); }));
  }
  {
    MutexLock lock(&mutex_);
    progress_.total_objects += batch.size();
    progress_.total_bytes += bytes;
  }
  return Report();
}

absl::Status Verifier::CheckBatch(std::vector<Entry> batch) {
  // In the order in which they lie on the disk.
  std::sort(batch.begin(), batch.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.second.file_id, a.second.offset) <
           std::pair(b.second.file_id, b.second.offset);
  });
  for (const auto& [id, record] : batch) {
    Start([this, id = id] { CheckObject(id); });
  }
  return WaitForTasks();
}

void Verifier::Start(std::function<void()> task) {
  {
    MutexLock lock(&mutex_);
    ++tasks_;
  }
  pool_.Run([this, task = std::move(task)] {
    if (!cancelled()) task();
    MutexLock lock(&mutex_);
    --tasks_;
    changed_.NotifyAll();
  });
}

absl::Status Verifier::WaitForTasks() {
  absl::Status reported;
  absl::Time next_report = absl::Now() + kReportEvery;
  while (true) {
    bool found_many = false;
    {
      MutexLock lock(&mutex_);
      if (tasks_ == 0) return reported;
      changed_.WaitFor(&mutex_, std::max(absl::Milliseconds(1), next_report - absl::Now()));
      found_many = found_.size() >= kMaxFound;
    }
    if (!reported.ok() || (absl::Now() < next_report && !found_many)) continue;
    next_report = absl::Now() + kReportEvery;
    reported = Report();
    if (reported.ok()) continue;
    MutexLock lock(&mutex_);
    cancelled_ = true;
  }
}

absl::Status Verifier::Report() {
  VerifyProgress progress;
  std::vector<BadObject> found;
  {
    MutexLock lock(&mutex_);
    progress = progress_;
    const auto end = found_.begin() + static_cast<ptrdiff_t>(std::min(found_.size(), kMaxFound));
    found.assign(std::make_move_iterator(found_.begin()), std::make_move_iterator(end));
    found_.erase(found_.begin(), end);
  }
  return report_(progress, found);
}

void Verifier::CheckObject(const Digest& id) {
  Recorded recorded;
  recorded.id = id;
  // The record that is there now: since the batch was read it may have been evicted, or filled
  // anew.
  const auto record = core_->index->GetObject(id);
  if (record.ok() && *record) {
    recorded.record = **record;
    if (recorded.record.layout == index::Layout::kPack) {
      recorded.blocks.push_back(0);
    } else {
      (void)core_->index->ForEachBlock(id, [&](uint32_t block, const index::BlockRecord&) {
        if (BytesOf(recorded.record, block) > 0) recorded.blocks.push_back(block);
      });
    }
    if (!CheckFile(recorded)) CheckBlocks(recorded);
  }
  MutexLock lock(&mutex_);
  ++progress_.done_objects;
}

bool Verifier::CheckFile(const Recorded& recorded) {
  const bool packed = recorded.record.layout == index::Layout::kPack;
  const std::string path = packed ? core_->folder->PackPath(recorded.record.file_id)
                                  : core_->folder->ObjectFilePath(recorded.record.file_id);
  if (::access(path.c_str(), F_OK) == 0 || errno != ENOENT) return false;
  // Who has it open has its file, too.
  if (!core_->open->Claim(recorded.id)) return false;
  const auto now = core_->index->GetObject(recorded.id);
  const bool still = now.ok() && *now == recorded.record;
  absl::Status dropped = absl::CancelledError("nothing is changed");
  if (still && options_.repair) {
    index::Batch batch;
    batch.DeleteObject(recorded.id);
    dropped = core_->index->Write(std::move(batch));
  }
  core_->open->Unclaim(recorded.id);
  if (!still) return true;

  BadObject bad;
  bad.id = recorded.id;
  bad.path = recorded.record.path;
  for (const uint32_t block : recorded.blocks) bad.bytes += BytesOf(recorded.record, block);
  bad.why = absl::StrCat("its bytes are gone: there is no file ", path);
  Done(bad.bytes);
  if (!dropped.ok()) {
    Found(std::move(bad));
    return true;
  }
  core_->evictor->Subtracted(recorded.id, bad.bytes);
  core_->dataset_bytes.Add(recorded.record.dataset, -static_cast<int64_t>(bad.bytes));
  const auto object = Open(recorded);
  bad.outcome = BadObject::Outcome::kDropped;
  if (object.ok()) {
    Repair(recorded, object->get(), recorded.blocks, std::move(bad));
  } else {
    Found(std::move(bad));
  }
  return true;
}

void Verifier::CheckBlocks(const Recorded& recorded) {
  if (recorded.blocks.empty()) return;
  const auto object = Open(recorded);
  BadObject bad;
  bad.id = recorded.id;
  bad.path = recorded.record.path;
  if (!object.ok()) {
    bad.why = std::string(object.status().message());
    return Found(std::move(bad));
  }
  std::vector<uint32_t> bad_blocks;
  for (const uint32_t block : recorded.blocks) {
    if (cancelled()) return;
    const uint64_t bytes = BytesOf(recorded.record, block);
    const absl::Status status = (*object)->Check(block, options_.repair);
    Done(bytes);
    // Gone meanwhile, or dropped by a reader who met it first.
    if (status.ok() || absl::IsNotFound(status)) continue;
    if (bad_blocks.empty()) bad.why = std::string(status.message());
    bad.bytes += bytes;
    bad_blocks.push_back(block);
  }
  if (bad_blocks.empty()) return;
  if (!options_.repair) return Found(std::move(bad));
  bad.outcome = BadObject::Outcome::kDropped;
  Repair(recorded, object->get(), bad_blocks, std::move(bad));
}

void Verifier::Repair(const Recorded& recorded, Object* object, const std::vector<uint32_t>& blocks,
                      BadObject bad) {
  const uint64_t dataset = recorded.record.dataset;
  absl::Status status = DatasetOf(dataset).store != nullptr
                            ? absl::OkStatus()
                            : absl::FailedPreconditionError("it is not mounted");
  {
    MutexLock lock(&mutex_);
    if (const auto found = unreachable_.find(dataset); found != unreachable_.end()) {
      status = found->second;
    }
  }
  for (const uint32_t block : blocks) {
    if (status.ok()) status = Fetch(object, block);
  }
  if (status.ok()) {
    bad.outcome = BadObject::Outcome::kFetched;
  } else if (IsTransient(status)) {
    MutexLock lock(&mutex_);
    unreachable_[dataset] = status;
  }
  Found(std::move(bad));
}

absl::Status Verifier::Fetch(Object* object, uint32_t block) {
  const auto arrival = std::make_shared<Arrival>();
  object->WarmBlock(block, [arrival](const absl::Status& status) {
    MutexLock lock(&arrival->mutex);
    arrival->status = status;
    arrival->changed.NotifyAll();
  });
  while (true) {
    if (cancelled()) return absl::CancelledError("nobody waits for it any more");
    MutexLock lock(&arrival->mutex);
    if (arrival->status) return *arrival->status;
    arrival->changed.WaitFor(&arrival->mutex, kFetchStep);
  }
}

absl::StatusOr<std::shared_ptr<Object>> Verifier::Open(const Recorded& recorded) {
  ObjectSpec spec;
  spec.id = recorded.id;
  spec.path = recorded.record.path;
  spec.version.size = recorded.record.size;
  spec.version.mtime = recorded.record.mtime;
  spec.version.etag = recorded.record.etag;
  const Dataset& dataset = DatasetOf(recorded.record.dataset);
  bool made = false;
  std::shared_ptr<Object> object = core_->open->FindOrMake(
      spec.id,
      [&] {
        return std::make_shared<Object>(core_, dataset, spec, [core = core_, id = spec.id] {
          core->open->Closed(id);
          core->evictor->Closed(id);
        });
      },
      &made);
  LARDER_RETURN_IF_ERROR(object->Restore());
  return object;
}

const Dataset& Verifier::DatasetOf(uint64_t id) {
  for (const Dataset* dataset : options_.datasets) {
    if (dataset->id == id) return *dataset;
  }
  MutexLock lock(&mutex_);
  std::unique_ptr<Dataset>& dataset = unmounted_[id];
  if (dataset == nullptr) {
    dataset = std::make_unique<Dataset>();
    dataset->id = id;
    dataset->counters = &counters_;
  }
  return *dataset;
}

void Verifier::Done(uint64_t bytes) {
  MutexLock lock(&mutex_);
  progress_.done_bytes += bytes;
}

void Verifier::Found(BadObject bad) {
  MutexLock lock(&mutex_);
  ++progress_.bad_objects;
  progress_.bad_bytes += bad.bytes;
  if (bad.outcome != BadObject::Outcome::kKept) ++progress_.dropped_objects;
  if (bad.outcome == BadObject::Outcome::kFetched) ++progress_.fetched_objects;
  found_.push_back(std::move(bad));
  changed_.NotifyAll();
}

bool Verifier::cancelled() const {
  MutexLock lock(&mutex_);
  return cancelled_;
}

}  // namespace larder::cache

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/object.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/errors.h"
#include "cache/load.h"

namespace larder::cache {
namespace {

uint32_t BlockBytesFor(uint64_t size) {
  return size <= kPackedObjectBytes ? static_cast<uint32_t>(kPackedObjectBytes) : kBlockBytes;
}

// The block of blocks_ at `number`, or null.
std::shared_ptr<Block> Find(const absl::flat_hash_map<uint32_t, std::shared_ptr<Block>>& blocks,
                            uint32_t number) {
  const auto found = blocks.find(number);
  return found == blocks.end() ? nullptr : found->second;
}

}  // namespace

Object::Object(Core* core, const Dataset& dataset, ObjectSpec spec,
               std::function<void()> on_destruction)
    : core_(core),
      dataset_(dataset),
      spec_(std::move(spec)),
      block_bytes_(BlockBytesFor(spec_.version.size)),
      block_count_(static_cast<uint32_t>((spec_.version.size + block_bytes_ - 1) / block_bytes_)),
      on_destruction_(std::move(on_destruction)),
      local_(core, dataset.id, spec_, block_bytes_, block_count_),
      etag_(spec_.version.etag),
      streams_(core->stream_options) {}

Object::~Object() {
  local_.FreeUnused();
  on_destruction_();
}

absl::Status Object::Restore() {
  MutexLock one(&restore_mutex_);
  if (!restored_) restore_status_ = RestoreOnce();
  restored_ = true;
  return restore_status_;
}

absl::Status Object::RestoreOnce() {
  std::string etag;
  if (!local_.Restore(&etag)) return absl::OkStatus();
  MutexLock lock(&mutex_);
  if (!etag_.empty() && !etag.empty() && etag_ != etag) {
    return absl::FailedPreconditionError(
        absl::StrCat(spec_.path, " is cached with ETag ", etag, ", now it has ", etag_));
  }
  if (etag_.empty()) etag_ = etag;
  return absl::OkStatus();
}

ByteRange Object::BlockRange(uint32_t block) const {
  return ByteRange{BlockOffset(block), block_bytes_}.ClampTo(spec_.version.size);
}

uint64_t Object::Read(ByteRange range, ReadCallback done) {
  range = range.ClampTo(spec_.version.size);
  dataset_.counters->read_bytes.Add(range.length);
  if (range.empty()) {
    done(ReadBytes());
    return 0;
  }
  auto waiter = std::make_shared<Waiter>();
  waiter->range = range;
  waiter->done = std::move(done);
  Plan plan;
  uint64_t ticket = 0;
  absl::Status stale;
  {
    MutexLock lock(&mutex_);
    stale = stale_;
    if (stale.ok()) {
      AttachBlocks(waiter, Priority::kDemand, &plan);
      CountUsed(range);
      if (dataset_.readahead && block_count_ > 1) PlanAhead(streams_.Observe(range), &plan);
      if (waiter->pending > 0) {
        waiter->started = absl::Now();
        ticket = Enlist(waiter);
      }
    }
  }
  if (!stale.ok()) {
    waiter->done(stale);
    return 0;
  }
  StartLoads(std::move(plan));
  if (ticket != 0) {
    dataset_.counters->miss_bytes.Add(range.length);
    return ticket;
  }
  absl::StatusOr<ReadBytes> bytes = Gather(range, waiter->blocks);
  // A block went bad under us and is absent now: then this is a miss.
  if (!bytes.ok()) return Read(range, std::move(waiter->done));
  dataset_.counters->hit_bytes.Add(range.length);
  waiter->done(std::move(bytes));
  return 0;
}

void Object::AttachBlocks(const std::shared_ptr<Waiter>& waiter, Priority priority, Plan* plan) {
  const ByteRange range = waiter->range;
  const auto first = static_cast<uint32_t>(range.offset / block_bytes_);
  const auto last = static_cast<uint32_t>((range.end() - 1) / block_bytes_);
  for (uint32_t number = first; number <= last; ++number) {
    std::shared_ptr<Block> block = Find(blocks_, number);
    if (block == nullptr) {
      if (local_.Has(number)) continue;
      block = std::make_shared<Block>(number, BlockRange(number));
      blocks_[number] = block;
      plan->wanted.push_back({block, priority});
    } else if (priority == Priority::kDemand && block->state == Block::State::kLoading) {
      if (auto load = block->load.lock(); load != nullptr && load->priority() != priority) {
        plan->promoted.push_back(std::move(load));
      }
    }
    waiter->blocks.push_back(block);
    const size_t need = range.Intersect(block->range).end() - block->range.offset;
    if (block->filled < need) {
      block->waits.push_back({waiter, need});
      ++waiter->pending;
    }
  }
}

void Object::PlanAhead(ByteRange range, Plan* plan) {
  range = range.ClampTo(spec_.version.size);
  if (range.empty()) return;
  const auto last = static_cast<uint32_t>((range.end() - 1) / block_bytes_);
  for (auto number = static_cast<uint32_t>(range.offset / block_bytes_); number <= last; ++number) {
    if (blocks_.contains(number) || local_.Has(number)) continue;
    auto block = std::make_shared<Block>(number, BlockRange(number));
    ahead_.insert(number);
    blocks_[number] = block;
    plan->wanted.push_back({std::move(block), Priority::kReadahead});
    dataset_.counters->readahead_bytes.Add(BlockRange(number).length);
  }
}

void Object::CountUsed(ByteRange range) {
  const auto last = static_cast<uint32_t>((range.end() - 1) / block_bytes_);
  for (auto number = static_cast<uint32_t>(range.offset / block_bytes_); number <= last; ++number) {
    if (!ahead_.erase(number)) continue;
    dataset_.counters->readahead_used_bytes.Add(BlockRange(number).length);
  }
}

void Object::StartLoads(Plan plan) {
  for (const auto& load : plan.promoted) core_->loads->Promote(load);
  if (!plan.wanted.empty() && !dataset_.store->supports_ranges()) {
    MutexLock lock(&mutex_);
    HandToWhole(&plan);
  }
  auto& wanted = plan.wanted;
  std::sort(wanted.begin(), wanted.end(), [](const Plan::Wanted& a, const Plan::Wanted& b) {
    return a.block->number < b.block->number;
  });
  for (size_t from = 0; from < wanted.size();) {
    size_t to = from;
    Priority priority = wanted[from].priority;
    while (to < wanted.size() && to - from < kRunBlocks &&
           wanted[to].block->number == wanted[from].block->number + (to - from)) {
      priority = std::min(priority, wanted[to].priority);
      ++to;
    }
    const uint32_t first = wanted[from].block->number;
    const auto count = static_cast<uint32_t>(to - from);
    auto load = std::make_shared<Load>(core_, shared_from_this(), first, count, priority);
    const bool reserved = local_.ReserveRoom(first, count);
    {
      MutexLock lock(&mutex_);
      for (size_t i = from; i < to; ++i) {
        wanted[i].block->load = load;
        wanted[i].block->reserved = reserved;
      }
      if (reserved && count > 1) {
        wanted[from].block->preallocate =
            ByteRange::FromTo(BlockOffset(first), wanted[to - 1].block->range.end());
      }
    }
    if (reserved) {
      core_->loads->Add(load, priority);
    } else {
      LoadWithoutRoom(load, first, count);
    }
    from = to;
  }
}

void Object::LoadWithoutRoom(const std::shared_ptr<Load>& load, uint32_t first, uint32_t count) {
  const readahead::ObjectUse use = ThisUse();
  const uint64_t bytes = uint64_t{count} * block_bytes_;
  if (load->priority() != Priority::kWarm) {
    // Readers do not wait for room: what comes now is kept in memory for a while.
    core_->loads->Add(load, load->priority());
    core_->evictor->WantRoom(use, bytes, nullptr);
    return;
  }
  core_->evictor->WantRoom(use, bytes, [self = shared_from_this(), load, first, count] {
    if (!self->local_.ReserveRoom(first, count)) {
      return load->NotStarted(absl::ResourceExhaustedError(absl::StrCat(
          self->spec_.path, " does not fit into the cache any more: raise --cache-size")));
    }
    {
      MutexLock lock(&self->mutex_);
      for (uint32_t number = first; number < first + count; ++number) {
        const std::shared_ptr<Block> block = Find(self->blocks_, number);
        if (block != nullptr && block->load.lock() == load) block->reserved = true;
      }
    }
    self->core_->loads->Add(load, Priority::kWarm);
  });
}

readahead::ObjectUse Object::ThisUse() const {
  return {.key = spec_.id.prefix(),
          .dataset = dataset_.id,
          .bytes = spec_.version.size,
          .at = absl::Now()};
}

uint64_t Object::Enlist(const std::shared_ptr<Waiter>& waiter) {
  waiter->ticket = ++last_ticket_;
  if (waiters_.empty()) core_->waiting->Add(shared_from_this());
  waiters_[waiter->ticket] = waiter;
  return waiter->ticket;
}

void Object::Unlist(const std::shared_ptr<Waiter>& waiter) {
  waiter->finished = true;
  waiters_.erase(waiter->ticket);
  if (waiters_.empty()) core_->waiting->Remove(this);
}

bool Object::TakeWaiter(uint64_t ticket, std::shared_ptr<Waiter>* waiter) {
  MutexLock lock(&mutex_);
  const auto found = waiters_.find(ticket);
  if (found == waiters_.end()) return false;
  *waiter = found->second;
  Unlist(*waiter);
  for (const auto& block : (*waiter)->blocks) {
    std::erase_if(block->waits, [&](const Block::Wait& wait) { return wait.waiter == *waiter; });
  }
  return true;
}

void Object::Cancel(uint64_t ticket) {
  std::shared_ptr<Waiter> waiter;
  if (TakeWaiter(ticket, &waiter)) waiter->done(absl::CancelledError("the reader gave up"));
}

void Object::ExpireWaits(absl::Time now) {
  std::vector<uint64_t> over;
  {
    MutexLock lock(&mutex_);
    for (const auto& [ticket, waiter] : waiters_) {
      if (waiter->started + dataset_.deadline <= now) over.push_back(ticket);
    }
  }
  for (const uint64_t ticket : over) {
    std::shared_ptr<Waiter> waiter;
    if (!TakeWaiter(ticket, &waiter)) continue;
    Fail(waiter,
         absl::DeadlineExceededError(absl::StrCat(spec_.path, ": no answer from the remote within ",
                                                  absl::FormatDuration(dataset_.deadline))));
  }
}

absl::StatusOr<ReadBytes> Object::Gather(ByteRange range,
                                         const std::vector<std::shared_ptr<Block>>& blocks) {
  ReadBytes bytes;
  size_t next = 0;  // of `blocks`, which are in order
  while (!range.empty()) {
    if (next < blocks.size() && blocks[next]->range.offset <= range.offset) {
      const std::shared_ptr<Block>& block = blocks[next++];
      const ByteRange part = range.Intersect(block->range);
      const char* from = block->buffer->data() + (part.offset - block->range.offset);
      bytes.Append({from, part.length}, block->buffer);
      range = ByteRange::FromTo(part.end(), range.end());
      continue;
    }
    uint64_t end = next < blocks.size() ? blocks[next]->range.offset : range.end();
    end = std::min({end, range.end(), range.offset + kBlockBytes});
    const ByteRange part = ByteRange::FromTo(range.offset, end);
    const std::shared_ptr<Buffer> buffer = core_->buffers->AcquireAlways(part.length);
    LARDER_RETURN_IF_ERROR(local_.Read(part, {buffer->data(), part.length}));
    bytes.Append({buffer->data(), part.length}, buffer);
    range = ByteRange::FromTo(part.end(), range.end());
  }
  return bytes;
}

void Object::Answer(const std::shared_ptr<Waiter>& waiter) {
  dataset_.counters->stall_micros.Add(static_cast<uint64_t>(
      std::max<int64_t>(0, absl::ToInt64Microseconds(absl::Now() - waiter->started))));
  core_->replies->Run([self = shared_from_this(), waiter] {
    if (!waiter->wants_bytes) return waiter->done(ReadBytes());
    absl::StatusOr<ReadBytes> bytes = self->Gather(waiter->range, waiter->blocks);
    waiter->blocks.clear();
    if (bytes.ok()) return waiter->done(std::move(bytes));
    self->Read(waiter->range, std::move(waiter->done));
  });
}

void Object::Fail(const std::shared_ptr<Waiter>& waiter, const absl::Status& status) {
  core_->replies->Run([waiter, status] { waiter->done(status); });
}

void Object::Touch() {
  if (block_count_ != 1) return;
  Plan plan;
  {
    MutexLock lock(&mutex_);
    if (!stale_.ok() || blocks_.contains(0) || local_.Has(0)) return;
    auto block = std::make_shared<Block>(0, BlockRange(0));
    blocks_[0] = block;
    plan.wanted.push_back({std::move(block), Priority::kDemand});
  }
  StartLoads(std::move(plan));
}

absl::Status Object::CheckEtag(const std::string& etag) const {
  MutexLock lock(&mutex_);
  if (etag.empty() || etag_.empty() || etag == etag_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(spec_.path, " is open with ETag ", etag_, ", now it has ", etag));
}

remote::ObjectVersion Object::version() const {
  remote::ObjectVersion version = spec_.version;
  MutexLock lock(&mutex_);
  version.etag = etag_;
  return version;
}

uint64_t Object::cached_bytes() const { return local_.cached_bytes(); }

std::optional<int> Object::BackingFd() { return stale() ? std::nullopt : local_.BackingFd(); }

bool Object::stale() const {
  MutexLock lock(&mutex_);
  return !stale_.ok();
}

}  // namespace larder::cache

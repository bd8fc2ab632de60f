// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// How blocks come in: the part of Object that loads, the disk and `larder warm` drive. object.cc
// has the part of the readers.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/log.h"
#include "cache/load.h"
#include "cache/object.h"

namespace larder::cache {

absl::Status Object::CheckVersion(const remote::ObjectVersion& seen) {
  MutexLock lock(&mutex_);
  if (!stale_.ok()) return stale_;
  if (seen.size != spec_.version.size ||
      (!etag_.empty() && !seen.etag.empty() && etag_ != seen.etag)) {
    return absl::FailedPreconditionError(
        absl::StrCat(spec_.path, " changed on the remote while it was read"));
  }
  if (etag_.empty()) etag_ = seen.etag;
  return absl::OkStatus();
}

void Object::HandToWhole(Plan* plan) {
  const std::shared_ptr<Load> whole = whole_load_.lock();
  if (whole == nullptr) return;
  std::erase_if(plan->wanted, [&](const Plan::Wanted& wanted) {
    mutex_.AssertHeld();
    if (wanted.block->number < whole_next_) return false;
    wanted.block->load = whole;
    return true;
  });
}

absl::Status Object::BecomeWhole(const std::shared_ptr<Load>& load) {
  MutexLock lock(&mutex_);
  const std::shared_ptr<Load> whole = whole_load_.lock();
  if (whole == nullptr) {
    whole_load_ = load;
    whole_next_ = 0;
    return absl::OkStatus();
  }
  bool left = false;
  for (const auto& [number, block] : blocks_) {
    if (block->state != Block::State::kLoading || block->load.lock() != load) continue;
    if (number >= whole_next_) {
      block->load = whole;
    } else {
      left = true;
    }
  }
  if (left) return absl::OkStatus();
  return absl::CancelledError("another transfer brings the whole object");
}

std::shared_ptr<Block> Object::BlockFor(uint32_t number, const std::shared_ptr<Load>& load) {
  bool reserve = false;
  std::shared_ptr<Block> block;
  {
    MutexLock lock(&mutex_);
    const bool whole = whole_load_.lock() == load;
    if (whole) whole_next_ = number + 1;
    const auto found = blocks_.find(number);
    if (found != blocks_.end()) {
      block = found->second;
      const bool ours = block->state == Block::State::kLoading && block->load.lock() == load;
      if (!ours) return nullptr;
      reserve = !block->reserved && whole;
    } else {
      if (!whole || local_.Has(number)) return nullptr;
      // Nobody asked for it, but it comes.
      block = std::make_shared<Block>(number, BlockRange(number));
      block->load = load;
      blocks_[number] = block;
      ahead_.insert(number);
      dataset_.counters->readahead_bytes.Add(block->range.length);
      reserve = true;
    }
  }
  if (reserve && local_.ReserveRoom(number, 1)) {
    MutexLock lock(&mutex_);
    block->reserved = true;
  }
  return block;
}

void Object::CollectReady(Block& block, std::vector<std::shared_ptr<Waiter>>* ready) {
  std::erase_if(block.waits, [&](const Block::Wait& wait) {
    if (wait.need > block.filled) return false;
    // A waiter that failed by another of its blocks is finished already.
    if (--wait.waiter->pending == 0 && !wait.waiter->finished) ready->push_back(wait.waiter);
    return true;
  });
}

void Object::Filled(const std::shared_ptr<Block>& block, size_t filled) {
  std::vector<std::shared_ptr<Waiter>> ready;
  bool write = false;
  bool hold = false;
  {
    MutexLock lock(&mutex_);
    block->filled = filled;
    CollectReady(*block, &ready);
    for (const auto& waiter : ready) Unlist(waiter);
    if (block->full()) {
      write = block->reserved;
      hold = !write;
      block->state = write ? Block::State::kWriting : Block::State::kHeld;
      if (write) ++writing_;
    }
  }
  for (const auto& waiter : ready) Answer(waiter);
  if (write) core_->writes->Run([self = shared_from_this(), block] { self->Write(block); });
  if (hold) core_->held->Add(shared_from_this(), block->number, block->buffer->capacity());
}

void Object::Write(const std::shared_ptr<Block>& block) {
  std::string etag;
  {
    MutexLock lock(&mutex_);
    etag = etag_;
  }
  const absl::Status status = local_.Write(
      block->number, {block->buffer->data(), block->range.length}, block->preallocate, etag);
  if (!status.ok()) StopFilling(*core_, status);
  {
    MutexLock lock(&mutex_);
    --writing_;
    if (status.ok()) {
      blocks_.erase(block->number);
    } else {
      block->state = Block::State::kHeld;
      block->reserved = false;
    }
  }
  if (!status.ok()) core_->held->Add(shared_from_this(), block->number, block->buffer->capacity());
  NotifySettled();
}

void Object::DropHeld(uint32_t number) {
  std::shared_ptr<Block> dropped;  // its buffer is given back without the lock
  MutexLock lock(&mutex_);
  const auto found = blocks_.find(number);
  if (found == blocks_.end() || found->second->state != Block::State::kHeld) return;
  dropped = std::move(found->second);
  blocks_.erase(found);
  ahead_.erase(number);
}

void Object::LoadEnded(const Load& load, const absl::Status& status) {
  std::vector<std::shared_ptr<Waiter>> failed;
  bool given_up = false;
  {
    MutexLock lock(&mutex_);
    if (absl::IsFailedPrecondition(status) || absl::IsNotFound(status)) {
      stale_ = absl::FailedPreconditionError(status.message());
    }
    if (whole_load_.lock().get() == &load) whole_load_.reset();
    for (auto it = blocks_.begin(); it != blocks_.end();) {
      const auto found = it++;
      const std::shared_ptr<Block> block = found->second;
      if (block->state != Block::State::kLoading || block->load.lock().get() != &load) continue;
      for (const Block::Wait& wait : block->waits) {
        if (wait.waiter->finished) continue;
        Unlist(wait.waiter);
        failed.push_back(wait.waiter);
      }
      block->waits.clear();
      ahead_.erase(block->number);
      blocks_.erase(found);
      given_up = true;
    }
    if (given_up) streams_.Forget();
  }
  for (const auto& waiter : failed) {
    // Its other blocks may still name it; they find it finished.
    Fail(waiter, status.ok() ? absl::InternalError("a load ended early without an error") : status);
  }
  NotifySettled();
}

void Object::NotifySettled() {
  std::vector<std::function<void()>> settled;
  {
    MutexLock lock(&mutex_);
    if (writing_ > 0) return;
    settled.swap(when_settled_);
  }
  for (const auto& done : settled) done();
}

// One `warm` of one object: a few runs under way, each waited for without its bytes.
struct WarmState {
  static constexpr int kRunsUnderWay = 4;

  std::function<void(absl::Status)> done;
  Mutex mutex;
  uint32_t next_block ABSL_GUARDED_BY(mutex) = 0;
  int under_way ABSL_GUARDED_BY(mutex) = 0;
  bool reported ABSL_GUARDED_BY(mutex) = false;
};

void Object::Warm(std::function<void(absl::Status)> done) {
  auto state = std::make_shared<WarmState>();
  state->done = std::move(done);
  WarmOn(state);
}

absl::StatusOr<bool> Object::WarmRange(const std::shared_ptr<Waiter>& waiter) {
  waiter->wants_bytes = false;
  waiter->started = absl::InfiniteFuture();  // the transfer has a deadline, being queued has none
  Plan plan;
  bool waits = false;
  {
    MutexLock lock(&mutex_);
    if (!stale_.ok()) return stale_;
    AttachBlocks(waiter, Priority::kWarm, &plan);
    waits = waiter->pending > 0;
    if (waits) Enlist(waiter);
  }
  StartLoads(std::move(plan));
  return waits;
}

void Object::WarmBlock(uint32_t block, const std::function<void(absl::Status)>& done) {
  const auto waiter = std::make_shared<Waiter>();
  waiter->range = BlockRange(block);
  waiter->done = [done](const absl::StatusOr<ReadBytes>& came) { done(came.status()); };
  const absl::StatusOr<bool> waits = WarmRange(waiter);
  if (!waits.ok() || !*waits) done(waits.status());
}

void Object::WarmOn(const std::shared_ptr<WarmState>& state) {
  while (true) {
    auto waiter = std::make_shared<Waiter>();
    {
      MutexLock lock(&state->mutex);
      if (state->reported || state->under_way >= WarmState::kRunsUnderWay) return;
      while (state->next_block < block_count_ && local_.Has(state->next_block)) ++state->next_block;
      if (state->next_block >= block_count_) break;
      const uint32_t end = std::min(state->next_block + kRunBlocks, block_count_);
      waiter->range = ByteRange::FromTo(BlockOffset(state->next_block), BlockRange(end - 1).end());
      state->next_block = end;
      ++state->under_way;
    }
    waiter->done = [self = shared_from_this(), state](const absl::StatusOr<ReadBytes>& result) {
      bool report = false;
      {
        MutexLock lock(&state->mutex);
        --state->under_way;
        report = !result.ok() && !state->reported;
        if (report) state->reported = true;
      }
      if (report) state->done(result.status());
      if (result.ok()) self->WarmOn(state);
    };
    const absl::StatusOr<bool> waits = WarmRange(waiter);
    if (!waits.ok()) return waiter->done(waits.status());
    if (*waits) continue;
    MutexLock lock(&state->mutex);
    --state->under_way;
  }
  {
    MutexLock lock(&state->mutex);
    if (state->under_way > 0 || state->reported) return;
    state->reported = true;
  }
  const auto report = [self = shared_from_this(), state] {
    const bool complete = self->local_.complete();
    state->done(complete
                    ? absl::OkStatus()
                    : absl::ResourceExhaustedError(absl::StrCat(
                          self->spec_.path, " did not fit into the cache: raise --cache-size")));
  };
  {
    MutexLock lock(&mutex_);
    if (writing_ > 0) {
      when_settled_.push_back(report);
      return;
    }
  }
  report();
}

}  // namespace larder::cache

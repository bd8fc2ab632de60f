// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/load.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cache/core.h"
#include "cache/object.h"

namespace larder::cache {

Load::Load(Core* core, std::shared_ptr<Object> object, uint32_t first, uint32_t count,
           Priority priority)
    : core_(core),
      object_(std::move(object)),
      first_(first),
      end_(first + count),
      priority_(priority) {}

void Load::Start() {
  const Dataset& dataset = object_->dataset();
  const remote::ObjectVersion version = object_->version();
  const ByteRange range = ByteRange::FromTo(object_->BlockOffset(first_),
                                            std::min(object_->BlockOffset(end_), object_->size()));
  remote::RequestOptions options;
  options.deadline = dataset.deadline;
  auto transfer =
      dataset.store->ReadRange(object_->path(), version, range, options, shared_from_this());
  bool cancelled = false;
  bool woken = false;
  {
    MutexLock lock(&mutex_);
    if (!done_) transfer_ = transfer;
    cancelled = cancelled_;
    woken = woken_;
  }
  if (cancelled) transfer->Cancel();
  if (woken) transfer->Resume();
}

void Load::NotStarted(const absl::Status& cause) { object_->LoadEnded(*this, cause); }

void Load::Cancel() {
  std::shared_ptr<remote::Transfer> transfer;
  {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    transfer = transfer_;
  }
  if (transfer != nullptr) transfer->Cancel();
}

void Load::Wake() {
  std::shared_ptr<remote::Transfer> transfer;
  {
    MutexLock lock(&mutex_);
    transfer = transfer_;
    woken_ = true;
  }
  if (transfer != nullptr) transfer->Resume();
}

absl::Status Load::OnStart(uint64_t offset, const remote::ObjectVersion& version) {
  absl::Status checked = object_->CheckVersion(version);
  if (!checked.ok()) return checked;
  position_ = offset;
  if (object_->dataset().store->supports_ranges()) return absl::OkStatus();
  return object_->BecomeWhole(shared_from_this());
}

bool Load::OnData(std::span<const char> bytes) {
  const size_t all = bytes.size();
  bytes = bytes.subspan(taken_of_paused_);
  taken_of_paused_ = 0;
  while (!bytes.empty()) {
    if (!Take(&bytes)) {
      taken_of_paused_ = all - bytes.size();
      return false;
    }
  }
  return true;
}

bool Load::Take(std::span<const char>* bytes) {
  const auto number = static_cast<uint32_t>(position_ / kBlockBytes);
  if (block_ == nullptr && !pass_over_) {
    block_ = object_->BlockFor(number, shared_from_this());
    pass_over_ = block_ == nullptr;
  }
  const uint64_t block_end = std::min(object_->BlockOffset(number + 1), object_->size());
  const size_t n = std::min<uint64_t>(bytes->size(), block_end - position_);
  if (block_ != nullptr) {
    if (block_->buffer == nullptr) {
      const auto wake = [self = shared_from_this()] { self->Wake(); };
      const bool demand = priority_ == Priority::kDemand;
      // Held blocks are only kept as long as the memory is not needed.
      while (core_->buffers->used_bytes() + block_->range.length > core_->buffers->limit_bytes() &&
             core_->held->DropOldest()) {
      }
      block_->buffer = core_->buffers->Acquire(block_->range.length, demand, wake);
      if (block_->buffer == nullptr) return false;
    }
    const size_t at = position_ - block_->range.offset;
    std::memcpy(block_->buffer->data() + at, bytes->data(), n);
    object_->Filled(block_, at + n);
  }
  position_ += n;
  *bytes = bytes->subspan(n);
  if (position_ == block_end) {
    block_ = nullptr;
    pass_over_ = false;
  }
  return true;
}

void Load::OnDone(const absl::Status& status) {
  block_ = nullptr;
  object_->LoadEnded(*this, status);
  object_ = nullptr;
  {
    MutexLock lock(&mutex_);
    transfer_ = nullptr;
    done_ = true;
  }
  core_->loads->Ended(shared_from_this());
}

}  // namespace larder::cache

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/space.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/byte_range.h"

namespace larder::cache {
namespace {

constexpr uint64_t kDiskBlockBytes = 4096;
// Folders, VERSION and lock as du counts them, and extent trees of fragmented files.
constexpr uint64_t kFolderBytes = 256 << 10;

uint64_t Rounded(uint64_t bytes) { return RoundUp(bytes, kDiskBlockBytes); }

}  // namespace

Space::Space(SpaceOptions options) : options_(std::move(options)) {}

uint64_t Space::IndexReserve(uint64_t capacity_bytes) {
  return std::clamp<uint64_t>(capacity_bytes / 50, 4 << 20, 512 << 20);
}

uint64_t Space::ObjectCapacity() const {
  const uint64_t held_back = IndexReserve(options_.capacity_bytes) + index_bytes_ + kFolderBytes;
  return options_.capacity_bytes > held_back ? options_.capacity_bytes - held_back : 0;
}

bool Space::Reserve(uint64_t bytes) {
  bytes = Rounded(bytes);
  MutexLock lock(&mutex_);
  if (!stop_cause_.empty() || used_bytes_ + bytes > ObjectCapacity()) return false;
  // A system call under the lock, but one that reads counters: two threads must not both be told of
  // the same free space.
  const absl::StatusOr<uint64_t> disk_free = options_.disk_free_bytes();
  if (!disk_free.ok()) return false;
  if (*disk_free < unwritten_bytes_ + bytes + options_.min_free_bytes) return false;
  used_bytes_ += bytes;
  unwritten_bytes_ += bytes;
  return true;
}

void Space::Written(uint64_t bytes) {
  MutexLock lock(&mutex_);
  unwritten_bytes_ -= std::min(unwritten_bytes_, Rounded(bytes));
}

void Space::ReturnReserved(uint64_t bytes) {
  MutexLock lock(&mutex_);
  unwritten_bytes_ -= std::min(unwritten_bytes_, Rounded(bytes));
  used_bytes_ -= std::min(used_bytes_, Rounded(bytes));
}

void Space::ReturnWritten(uint64_t bytes) {
  MutexLock lock(&mutex_);
  used_bytes_ -= std::min(used_bytes_, Rounded(bytes));
}

void Space::SetIndexBytes(uint64_t bytes) {
  MutexLock lock(&mutex_);
  index_bytes_ = bytes;
}

void Space::Adjust(int64_t bytes) {
  MutexLock lock(&mutex_);
  if (bytes < 0) {
    used_bytes_ -= std::min(used_bytes_, static_cast<uint64_t>(-bytes));
  } else {
    used_bytes_ += static_cast<uint64_t>(bytes);
  }
}

bool Space::Stop(const absl::Status& cause) {
  MutexLock lock(&mutex_);
  const bool went_on = stop_cause_.empty();
  stop_cause_ = absl::StrCat(cause.message());
  if (stop_cause_.empty()) stop_cause_ = cause.ToString();
  return went_on;
}

void Space::Resume() {
  MutexLock lock(&mutex_);
  stop_cause_.clear();
}

uint64_t Space::available_bytes() const {
  MutexLock lock(&mutex_);
  if (!stop_cause_.empty()) return 0;
  const uint64_t capacity = ObjectCapacity();
  const uint64_t in_quota = capacity > used_bytes_ ? capacity - used_bytes_ : 0;
  const absl::StatusOr<uint64_t> disk_free = options_.disk_free_bytes();
  if (!disk_free.ok()) return 0;
  const uint64_t held = unwritten_bytes_ + options_.min_free_bytes;
  return std::min(in_quota, *disk_free > held ? *disk_free - held : 0);
}

uint64_t Space::over_bytes() const {
  MutexLock lock(&mutex_);
  const uint64_t capacity = ObjectCapacity();
  const uint64_t over_quota = used_bytes_ > capacity ? used_bytes_ - capacity : 0;
  const absl::StatusOr<uint64_t> disk_free = options_.disk_free_bytes();
  if (!disk_free.ok()) return over_quota;
  const uint64_t held = unwritten_bytes_ + options_.min_free_bytes;
  return std::max(over_quota, held > *disk_free ? held - *disk_free : 0);
}

uint64_t Space::object_capacity_bytes() const {
  MutexLock lock(&mutex_);
  return ObjectCapacity();
}

uint64_t Space::used_bytes() const {
  MutexLock lock(&mutex_);
  return used_bytes_;
}

std::string Space::stop_cause() const {
  MutexLock lock(&mutex_);
  return stop_cause_;
}

}  // namespace larder::cache

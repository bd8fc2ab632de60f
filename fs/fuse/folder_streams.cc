// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/folder_streams.h"

#include <utility>

namespace larder::fuse {
namespace {

// Offsets are off_t: 31 bits of number, 32 of ordinal.
constexpr int kOrdinalBits = 32;
constexpr uint64_t kOrdinalMask = (uint64_t{1} << kOrdinalBits) - 1;
constexpr uint64_t kNumbers = uint64_t{1} << 31;

}  // namespace

FolderStreams::FolderStreams(uint64_t seed, size_t capacity_bytes)
    : capacity_bytes_(capacity_bytes), last_number_(seed % kNumbers) {}

FolderStreams::Position FolderStreams::Resolve(fs::InodeNumber folder, uint64_t offset) {
  Position position;
  if (offset <= kOwnOffsets) return position;
  position.stream = offset >> kOrdinalBits;
  position.ordinal = offset & kOrdinalMask;
  MutexLock lock(&mutex_);
  Stream* const stream = Find(position.stream);
  if (stream != nullptr && stream->folder == folder && position.ordinal > stream->base &&
      position.ordinal <= stream->base + stream->ends.size()) {
    position.after = std::string(stream->Name(position.ordinal - stream->base - 1));
    return position;
  }
  position.stream = 0;
  position.known = position.ordinal == 0;
  return position;
}

uint64_t FolderStreams::Advance(fs::InodeNumber folder, Position* position,
                                absl::string_view name) {
  MutexLock lock(&mutex_);
  Stream* stream = Find(position->stream);
  const bool fits = stream != nullptr && stream->folder == folder &&
                    position->ordinal >= stream->base &&
                    position->ordinal <= stream->base + stream->ends.size();
  const size_t index = fits ? position->ordinal - stream->base : 0;
  const bool appends = fits && index == stream->ends.size();
  // Names given out before may have been seen by others: where the folder has changed since, or the
  // stream has grown too long, another one begins here.
  if (!fits || (!appends && stream->Name(index) != name) ||
      (appends && stream->bytes() >= kStreamBytes)) {
    position->stream = Start(folder, position->ordinal);
    stream = Find(position->stream);
  }
  if (position->ordinal - stream->base == stream->ends.size()) {
    bytes_ -= stream->bytes();
    stream->names.append(name.data(), name.size());
    stream->ends.push_back(static_cast<uint32_t>(stream->names.size()));
    bytes_ += stream->bytes();
    MakeRoom();
  }
  ++position->ordinal;
  position->after = std::string(name);
  return position->stream << kOrdinalBits | (position->ordinal & kOrdinalMask);
}

size_t FolderStreams::bytes() const {
  MutexLock lock(&mutex_);
  return bytes_;
}

FolderStreams::Stream* FolderStreams::Find(uint64_t number) {
  const auto it = streams_.find(number);
  if (it == streams_.end()) return nullptr;
  uses_.splice(uses_.begin(), uses_, it->second->use);
  return it->second.get();
}

uint64_t FolderStreams::Start(fs::InodeNumber folder, uint64_t base) {
  do {
    last_number_ = (last_number_ + 1) % kNumbers;
  } while (last_number_ == 0 || streams_.contains(last_number_));
  auto stream = std::make_unique<Stream>();
  stream->folder = folder;
  stream->base = base;
  uses_.push_front(last_number_);
  stream->use = uses_.begin();
  bytes_ += stream->bytes();
  streams_.emplace(last_number_, std::move(stream));
  return last_number_;
}

void FolderStreams::MakeRoom() {
  while (bytes_ > capacity_bytes_ && streams_.size() > 1) {
    const auto it = streams_.find(uses_.back());
    bytes_ -= it->second->bytes();
    streams_.erase(it);
    uses_.pop_back();
  }
}

}  // namespace larder::fuse

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_BLOCK_H_
#define LARDER_CACHE_BLOCK_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "base/byte_range.h"
#include "cache/buffer_pool.h"
#include "cache/cached_object.h"

namespace larder::cache {

class Load;
struct Block;

// What a load is for; lower goes first.
enum class Priority : uint8_t { kDemand = 0, kReadahead = 1, kWarm = 2 };

// A read that waits for bytes on their way. All fields but the constants are guarded by the
// object's mutex until `finished`; then they belong to whoever set it.
struct Waiter {
  uint64_t ticket = 0;
  ByteRange range;
  ReadCallback done;
  bool wants_bytes = true;  // false: `done` only needs to know that they came
  absl::Time started;
  int pending = 0;  // blocks that have not come far enough
  bool finished = false;
  std::vector<std::shared_ptr<Block>>
      blocks;  // in memory or on their way; what is missing here is on disk
};

// A block that is not only on disk: being loaded, being written, or held in memory because it can't
// be written. A small object is one block. Guarded by the object's mutex, but for the bytes of
// `buffer` below `filled`, which never change.
struct Block {
  enum class State : uint8_t { kLoading, kWriting, kHeld };

  const uint32_t number;
  const ByteRange range;  // within the object
  State state = State::kLoading;
  bool reserved = false;  // room on disk is reserved: it will be written
  ByteRange
      preallocate;    // before writing it, allocate this part of the object file; empty: nothing
  size_t filled = 0;  // bytes that have come, from the block's start
  std::shared_ptr<Buffer> buffer;  // set by the load before the first byte
  std::weak_ptr<Load> load;

  struct Wait {
    std::shared_ptr<Waiter> waiter;
    size_t need;  // bytes from the block's start
  };
  std::vector<Wait> waits;

  Block(uint32_t the_number, ByteRange the_range) : number(the_number), range(the_range) {}
  bool full() const { return filled == range.length; }
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_BLOCK_H_

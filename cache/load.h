// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_LOAD_H_
#define LARDER_CACHE_LOAD_H_

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "cache/block.h"
#include "remote/object_store.h"

namespace larder::cache {

class Object;
struct Core;

// One ranged GET that fills a run of blocks of one object. Bytes go into the blocks' buffers as
// they come; each time some have, the object is told, so that readers get theirs at once. When the
// memory budget is used up the transfer pauses until some is given back.
//
// Where the server sends the whole object (no Range support) the load becomes one of all of it:
// blocks that others would have loaded are handed to it, as far as it has not passed them, and
// every absent block is filled while it passes.
//
// OnStart, OnData and OnDone come one at a time; the rest is thread-safe.
class Load : public remote::RangeSink, public std::enable_shared_from_this<Load> {
 public:
  // Of `count` blocks from `first` on, each made by the object and waiting to be filled by this.
  Load(Core* core, std::shared_ptr<Object> object, uint32_t first, uint32_t count,
       Priority priority);

  // Sends the request. Called once, by the queue.
  void Start();
  // Instead of Start: it will never run.
  void NotStarted(const absl::Status& cause);
  void Cancel();

  Priority priority() const { return priority_; }

  absl::Status OnStart(uint64_t offset, const remote::ObjectVersion& version) override;
  bool OnData(std::span<const char> bytes) override;
  void OnDone(const absl::Status& status) override;

 private:
  // Takes a part of `bytes` for the block that position_ lies in. False: no memory now.
  bool Take(std::span<const char>* bytes);
  void Wake();

  Core* const core_;
  std::shared_ptr<Object>
      object_;  // until OnDone: the store may keep us longer than the cache lives
  const uint32_t first_;
  const uint32_t end_;
  const Priority priority_;

  uint64_t position_ = 0;         // the object's offset of the next byte
  size_t taken_of_paused_ = 0;    // of the bytes that will come again after a pause
  std::shared_ptr<Block> block_;  // the one at position_; null: not looked up, or passed over
  bool pass_over_ = false;        // the block at position_ is not ours to fill

  Mutex mutex_;
  std::shared_ptr<remote::Transfer> transfer_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;  // before transfer_ was known
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_LOAD_H_

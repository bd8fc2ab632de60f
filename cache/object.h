// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_OBJECT_H_
#define LARDER_CACHE_OBJECT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cache/block.h"
#include "cache/cached_object.h"
#include "cache/core.h"
#include "cache/dataset.h"
#include "cache/local_copy.h"
#include "cache/object_spec.h"
#include "readahead/eviction_policy.h"
#include "readahead/stream_detector.h"

namespace larder::cache {

class Load;

// One version of one object: which of its blocks are on disk (LocalCopy), which are in memory or on
// their way, and who waits for them.
//
// A block goes: absent -> loading (a Load fills it; readers get their bytes as they come) ->
// writing (behind the readers' backs) -> on disk. Without room on disk it is held in memory for a
// while instead. A load that fails makes its blocks absent again, and gives its error to those who
// wait.
//
// Lock order: Object::mutex_, then those of LocalCopy, BufferPool, WaitingObjects (leaves). Nothing
// else is called with mutex_ held: no I/O, no callbacks.
class Object final : public CachedObject, public std::enable_shared_from_this<Object> {
 public:
  // `on_destruction` is called once at the end, when the object's files are left alone. `core`
  // outlives it.
  Object(Core* core, const Dataset& dataset, ObjectSpec spec, std::function<void()> on_destruction);
  ~Object() override;

  // Reads what the index knows, at the first call; before anything else. FailedPrecondition:
  // another ETag.
  absl::Status Restore();

  // FailedPrecondition: both have an ETag, and `etag` is another.
  absl::Status CheckEtag(const std::string& etag) const ABSL_LOCKS_EXCLUDED(mutex_);

  // CachedObject:
  uint64_t Read(ByteRange range, ReadCallback done) override;
  void Cancel(uint64_t ticket) override;
  void Touch() override;
  void Warm(std::function<void(absl::Status)> done) override;
  remote::ObjectVersion version() const override;
  uint64_t cached_bytes() const override;
  std::optional<int> BackingFd() override;
  bool stale() const override;

  // One use of it now, for the eviction policy.
  readahead::ObjectUse ThisUse() const;

  // For Load:
  const Dataset& dataset() const { return dataset_; }
  const std::string& path() const { return spec_.path; }
  uint64_t size() const { return spec_.version.size; }
  uint64_t BlockOffset(uint32_t block) const { return uint64_t{block} * block_bytes_; }
  // The server's version of the object, at the head of an answer: FailedPrecondition when it is not
  // ours.
  absl::Status CheckVersion(const remote::ObjectVersion& seen);
  // The block for `load` to fill: the one it was made for, or one that is absent. Null: somebody
  // else's, or on disk.
  std::shared_ptr<Block> BlockFor(uint32_t block, const std::shared_ptr<Load>& load);
  // The server sends the whole object to `load`. An error: another load gets it already, and has
  // taken over what this one was for.
  absl::Status BecomeWhole(const std::shared_ptr<Load>& load);
  // `filled` bytes from the block's start have come.
  void Filled(const std::shared_ptr<Block>& block, size_t filled);
  // The load is over; its blocks that are not full become absent.
  void LoadEnded(const Load& load, const absl::Status& status);

  // For verify: LocalCopy::Check; and loads one block that is absent, at the priority of warm-up.
  // `done` comes once, when its bytes have come (they are written behind its back) or with the
  // error.
  absl::Status Check(uint32_t block, bool drop_bad) { return local_.Check(block, drop_bad); }
  void WarmBlock(uint32_t block, const std::function<void(absl::Status)>& done);

  // For HeldBlocks and WaitingObjects:
  void DropHeld(uint32_t block);
  void ExpireWaits(absl::Time now);

 private:
  absl::Status RestoreOnce();
  // Absent blocks that a read wants, and those to load ahead; they become loads of neighbouring
  // blocks once the lock is released.
  struct Plan {
    struct Wanted {
      std::shared_ptr<Block> block;
      Priority priority;
    };
    std::vector<Wanted> wanted;
    std::vector<std::shared_ptr<Load>> promoted;
  };

  ByteRange BlockRange(uint32_t block) const;
  // Attaches the reader to what is on its way, and plans loads for what is not.
  void AttachBlocks(const std::shared_ptr<Waiter>& waiter, Priority priority, Plan* plan)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PlanAhead(ByteRange range, Plan* plan) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountUsed(ByteRange range) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Where the whole object is on its way: hands it the blocks that it has not passed, and leaves
  // the others in `plan`.
  void HandToWhole(Plan* plan) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartLoads(Plan plan) ABSL_LOCKS_EXCLUDED(mutex_);
  // What finds no room: loaded for readers all the same; for `warm` when room was made, or not.
  void LoadWithoutRoom(const std::shared_ptr<Load>& load, uint32_t first, uint32_t count)
      ABSL_LOCKS_EXCLUDED(mutex_);
  uint64_t Enlist(const std::shared_ptr<Waiter>& waiter) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool TakeWaiter(uint64_t ticket, std::shared_ptr<Waiter>* waiter) ABSL_LOCKS_EXCLUDED(mutex_);
  void Unlist(const std::shared_ptr<Waiter>& waiter) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CollectReady(Block& block, std::vector<std::shared_ptr<Waiter>>* ready)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The bytes of `range`, from `blocks` in memory and from disk. NotFound: a block was lost (and is
  // absent now).
  absl::StatusOr<ReadBytes> Gather(ByteRange range,
                                   const std::vector<std::shared_ptr<Block>>& blocks);
  void Answer(const std::shared_ptr<Waiter>& waiter);
  void Fail(const std::shared_ptr<Waiter>& waiter, const absl::Status& status);

  void Write(const std::shared_ptr<Block>& block);
  void NotifySettled() ABSL_LOCKS_EXCLUDED(mutex_);
  void WarmOn(const std::shared_ptr<struct WarmState>& state);
  // Loads `waiter`'s range behind all else, without its bytes being wanted. True: it is waited for,
  // and `done` will come; false: all of it is here.
  absl::StatusOr<bool> WarmRange(const std::shared_ptr<Waiter>& waiter) ABSL_LOCKS_EXCLUDED(mutex_);

  Core* const core_;
  const Dataset& dataset_;
  const ObjectSpec spec_;
  const uint32_t block_bytes_;
  const uint32_t block_count_;
  const std::function<void()> on_destruction_;
  LocalCopy local_;  // thread-safe by itself; does I/O

  Mutex restore_mutex_;  // one thread restores, others wait; before mutex_
  bool restored_ ABSL_GUARDED_BY(restore_mutex_) = false;
  absl::Status restore_status_ ABSL_GUARDED_BY(restore_mutex_);

  mutable Mutex mutex_;
  std::string etag_ ABSL_GUARDED_BY(mutex_);  // of the version, once known
  absl::Status stale_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint32_t, std::shared_ptr<Block>> blocks_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint64_t, std::shared_ptr<Waiter>> waiters_ ABSL_GUARDED_BY(mutex_);
  std::weak_ptr<Load> whole_load_ ABSL_GUARDED_BY(mutex_);  // of a server without Range support
  uint32_t whole_next_ ABSL_GUARDED_BY(mutex_) = 0;         // the block that it comes to next
  uint64_t last_ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_set<uint32_t> ahead_ ABSL_GUARDED_BY(mutex_);  // loaded ahead, not read yet
  readahead::StreamDetector streams_ ABSL_GUARDED_BY(mutex_);
  int writing_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::function<void()>> when_settled_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_OBJECT_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_SPACE_H_
#define LARDER_CACHE_SPACE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"

namespace larder::cache {

struct SpaceOptions {
  uint64_t capacity_bytes = 0;
  uint64_t min_free_bytes = 0;
  // What the disk has free for us now; asked at each reservation.
  std::function<absl::StatusOr<uint64_t>()> disk_free_bytes;
};

// The disk space of the cache: bytes are reserved here before they are written, so that neither the
// quota nor the disk's minimum free space is crossed by us at any instant. Units of 4 KiB, as the
// disk gives them. Thread-safe; calls the system only for disk_free_bytes.
class Space {
 public:
  explicit Space(SpaceOptions options);

  // True: `bytes` (rounded up to 4 KiB) are ours until Return. False: no room, or filling is
  // stopped.
  bool Reserve(uint64_t bytes);
  // Of a reservation, `bytes` are on disk now: the disk's own count of free space has them.
  void Written(uint64_t bytes);
  // `bytes` that were reserved and not written.
  void ReturnReserved(uint64_t bytes);
  // `bytes` that were written, and freed.
  void ReturnWritten(uint64_t bytes);

  // What the index takes now; held back beside its reserve.
  void SetIndexBytes(uint64_t bytes);

  // What a start found, or a recount corrected. May be negative.
  void Adjust(int64_t bytes);

  // A full or failing disk: nothing is reserved any more, until Resume. True: it went on until now,
  // which is worth saying.
  bool Stop(const absl::Status& cause);
  void Resume();

  // What could be reserved now; 0 while filling is stopped.
  uint64_t available_bytes() const;
  // How much has to be freed so that the quota and the disk's minimum free space hold again: after
  // a smaller quota, a larger index, or when others fill the disk.
  uint64_t over_bytes() const;
  // What is left for objects of the quota, when the index has its part.
  uint64_t object_capacity_bytes() const;

  // Packs and object files, reservations included.
  uint64_t used_bytes() const;
  std::string stop_cause() const;  // empty: filling goes on

  // The part of `capacity_bytes` that is held back, beyond what the index takes, for what it takes
  // on the way: its log, and tables that are written before those they replace are gone. 2 %, at
  // least 4 MiB (eight of the least write buffers), at most 512 MiB (32 of the largest).
  static uint64_t IndexReserve(uint64_t capacity_bytes);

 private:
  uint64_t ObjectCapacity() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SpaceOptions options_;
  mutable Mutex mutex_;
  uint64_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t unwritten_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of used_bytes_, reserved only
  uint64_t index_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string stop_cause_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_SPACE_H_

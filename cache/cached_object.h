// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_CACHED_OBJECT_H_
#define LARDER_CACHE_CACHED_OBJECT_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/byte_range.h"
#include "cache/read_bytes.h"
#include "remote/object_store.h"

namespace larder::cache {

using ReadCallback = std::function<void(absl::StatusOr<ReadBytes>)>;

// One version of one object, open for reading: there is one of each id, shared by all who have it
// open. While it lives it is not evicted. Thread-safe.
class CachedObject {
 public:
  virtual ~CachedObject() = default;

  // The bytes of `range`, cut to the object's size, to `done`: exactly once, before this returns
  // where nothing has to be waited for (the result is then 0), else on a thread of the cache (the
  // result then is a ticket for Cancel). Errors: FailedPrecondition (the remote has another
  // version: ESTALE), NotFound (gone from the remote and not cached: ESTALE too), DeadlineExceeded,
  // Unavailable, PermissionDenied, DataLoss, Cancelled.
  virtual uint64_t Read(ByteRange range, ReadCallback done) = 0;

  // Ends the wait of `ticket` with Cancelled, on the caller's stack, unless its answer has come or
  // is on its way. The load goes on.
  virtual void Cancel(uint64_t ticket) = 0;

  // Begins to load a small object (one that is fetched whole) that is not here: called at open, so
  // that the first read finds it under way. Nothing for large ones.
  virtual void Touch() = 0;

  // Loads all that is missing, behind demand and readahead; `done` comes once, with the first
  // error. For `larder warm`.
  virtual void Warm(std::function<void(absl::Status)> done) = 0;

  // What is opened: the ETag is filled in once a GET told it.
  virtual remote::ObjectVersion version() const = 0;

  // Bytes on local disk.
  virtual uint64_t cached_bytes() const = 0;

  // A descriptor of a local file that holds the object's exact bytes, for passthrough; stays open
  // while this lives. nullopt: not complete, not verified, or packed.
  virtual std::optional<int> BackingFd() = 0;

  // True once the remote was seen to have another version.
  virtual bool stale() const = 0;
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_CACHED_OBJECT_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_FOLDER_STREAMS_H_
#define LARDER_FS_FUSE_FOLDER_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "fs/filesystem.h"

// What telldir() numbers mean. The filesystem goes on after a name; FUSE knows 64-bit offsets. A
// stream is one run through a folder from its start: the names that were given out, in order. An
// offset holds the stream's number and how many names of it had been given out, so it means the
// same to every handle of the folder: the kernel continues from its cache of a listing, with
// offsets that another handle got.
//
// Streams are kept while there is room (kCapacityBytes of names), the least recently used go first.
// The offset of a stream that is gone is still good for a folder that did not change: so many names
// from the start are passed over.

namespace larder::fuse {

// Thread-safe.
class FolderStreams {
 public:
  static constexpr size_t kCapacityBytes = 32 << 20;
  static constexpr size_t kStreamBytes = 4 << 20;  // a longer one goes on as another
  // Offsets up to this one are the caller's own ("." and ".."); the first stream offset is greater.
  static constexpr uint64_t kOwnOffsets = 2;

  // `seed` makes numbers that differ from an earlier daemon's.
  explicit FolderStreams(uint64_t seed = 0, size_t capacity_bytes = kCapacityBytes);

  struct Position {
    uint64_t stream = 0;   // 0: none yet, or gone
    uint64_t ordinal = 0;  // names given out before
    std::string after;     // the last of them, the filesystem's cookie; empty at the start
    bool known = true;     // false: `after` has to be found by passing over `ordinal` names
  };

  // Where an offset of `folder` from the kernel points to.
  Position Resolve(fs::InodeNumber folder, uint64_t offset) ABSL_LOCKS_EXCLUDED(mutex_);
  // `name` is given out at `position`, which moves behind it; the offset there. A known position
  // only.
  uint64_t Advance(fs::InodeNumber folder, Position* position, absl::string_view name)
      ABSL_LOCKS_EXCLUDED(mutex_);

  size_t bytes() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Stream {
    fs::InodeNumber folder = 0;
    uint64_t base = 0;           // the ordinal of its first name
    std::string names;           // one after another
    std::vector<uint32_t> ends;  // of each
    std::list<uint64_t>::iterator use;

    absl::string_view Name(size_t i) const {
      const size_t from = i == 0 ? 0 : ends[i - 1];
      return absl::string_view(names).substr(from, ends[i] - from);
    }
    size_t bytes() const { return sizeof(Stream) + names.size() + ends.size() * sizeof(ends[0]); }
  };

  Stream* Find(uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A new one, empty, the most recently used.
  uint64_t Start(fs::InodeNumber folder, uint64_t base) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t capacity_bytes_;
  mutable Mutex mutex_;
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
  std::list<uint64_t> uses_ ABSL_GUARDED_BY(mutex_);  // the most recent first
};

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_FOLDER_STREAMS_H_

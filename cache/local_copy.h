// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_LOCAL_COPY_H_
#define LARDER_CACHE_LOCAL_COPY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/byte_range.h"
#include "base/file.h"
#include "base/mutex.h"
#include "cache/object_spec.h"
#include "cache/pack_store.h"
#include "index/records.h"

namespace larder::cache {

struct Core;

// What of one object is on local disk: a place in a pack (small objects: one block), or an object
// file with the blocks that are present. Bytes are written first, their record last. Thread-safe;
// no I/O under its lock.
class LocalCopy {
 public:
  LocalCopy(Core* core, uint64_t dataset, const ObjectSpec& spec, uint32_t block_bytes,
            uint32_t block_count);

  // From the index. True: something is known of this id (`etag` is then what was noted with it). A
  // record whose file is gone is dropped. Where index or file can't be read, nothing is known, and
  // nothing is written while this lives: blocks in the index that are not known of would be taken
  // for those of the file that this would begin.
  bool Restore(std::string* etag);

  bool Has(uint32_t block) const;
  uint64_t cached_bytes() const;
  // Every block is on disk, and good.
  bool complete() const;
  // The descriptor of a complete object file; open while this lives.
  std::optional<int> BackingFd();

  // Bytes of `range`, whose blocks are all present, into `out`. Whole blocks are checked against
  // their CRC32C, and unverified ones are read whole for that. DataLoss, or the disk's error: the
  // block that was bad is dropped (absent now) and counted.
  absl::Status Read(ByteRange range, std::span<char> out);

  // For verify: reads a whole block from the disk, not from the page cache, and compares it; one
  // that is good is verified by it. NotFound: it is not present. DataLoss, or the disk's error: it
  // is bad, and with `drop_bad` dropped as by Read.
  absl::Status Check(uint32_t block, bool drop_bad);

  // Writes a whole block whose room was reserved, then its record; after it Has(block).
  // `preallocate`: allocate this part of the file before (empty: nothing). `etag` is noted with the
  // object. An error: the block stays absent.
  absl::Status Write(uint32_t block, std::span<const char> bytes, ByteRange preallocate,
                     const std::string& etag);

  // Room on disk for `count` absent blocks from `first` on, which nobody else is about to load.
  // False: there is none. It stays reserved, whatever becomes of the load, until the block is
  // written, or until FreeUnused: so no late clean-up can meet a block that came after all.
  bool ReserveRoom(uint32_t first, uint32_t count);
  // At the end, when nobody reads or writes: gives back room that was not written to, and the
  // places of bad blocks.
  void FreeUnused();

 private:
  // False, for Restore.
  bool Unreadable(const absl::Status& cause);
  absl::Status WritePacked(std::span<const char> bytes, const std::string& etag);
  absl::Status WriteBlock(uint32_t block, std::span<const char> bytes, ByteRange preallocate,
                          const std::string& etag);
  absl::Status Complete(const std::string& etag);
  absl::StatusOr<std::shared_ptr<const File>> ObjectFile(const std::string& etag);
  absl::Status RestoreBlocks(const index::ObjectRecord& record);
  // Reads one block's part, and checks it where it should be.
  absl::Status ReadBlock(uint32_t block, ByteRange range, std::span<char> out);
  absl::Status CompareOnDisk(uint32_t block);
  void Drop(uint32_t block, const absl::Status& cause);
  uint64_t BlockLength(uint32_t block) const;
  index::ObjectRecord NewRecord(const std::string& etag) const;

  Core* const core_;
  const uint64_t dataset_;
  const Digest id_;
  const std::string path_;
  const remote::ObjectVersion version_;
  const uint32_t block_bytes_;
  const uint32_t block_count_;
  const bool packed_;

  Mutex creation_mutex_;  // one thread makes the object file; before mutex_
  mutable Mutex mutex_;
  bool unreadable_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const File> file_ ABSL_GUARDED_BY(mutex_);  // the pack, or the object file
  uint64_t file_id_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t base_ ABSL_GUARDED_BY(mutex_) = 0;  // where in the pack
  std::vector<bool> present_ ABSL_GUARDED_BY(mutex_);
  std::vector<bool> unverified_ ABSL_GUARDED_BY(mutex_);  // empty: none
  std::vector<bool> room_ ABSL_GUARDED_BY(mutex_);        // reserved, not written
  std::vector<uint32_t> crcs_ ABSL_GUARDED_BY(mutex_);    // of present blocks
  uint32_t present_count_ ABSL_GUARDED_BY(mutex_) = 0;
  uint32_t unverified_count_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t present_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool completed_ ABSL_GUARDED_BY(mutex_) = false;          // cut to size, and noted so
  std::vector<PackPlace> dropped_ ABSL_GUARDED_BY(mutex_);  // in packs, freed at the end
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_LOCAL_COPY_H_

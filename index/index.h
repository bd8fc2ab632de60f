// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_INDEX_INDEX_H_
#define LARDER_INDEX_INDEX_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "index/records.h"

namespace rocksdb {
class DB;
class Env;
class Snapshot;
class WriteBatch;
}  // namespace rocksdb

namespace larder::index {

class Database;

struct IndexOptions {
  std::string path;
  // RocksDB's block cache, filters included. Counts into --memory.
  uint64_t block_cache_bytes = 16 << 20;
  // Memory held before a table is written; also bounds the write-ahead log (twice this).
  uint64_t write_buffer_bytes = 4 << 20;
  // A crash of the machine may have torn the end of the write-ahead log: what comes behind a bad
  // place in it is dropped. False: a bad place in it is DataLoss, since it may be in front of what
  // was synced.
  bool log_may_be_torn = true;
  // Tests put a failing filesystem under it. Not owned; null: the system's.
  rocksdb::Env* env = nullptr;
};

// A folder of a dataset in the catalog.
struct FolderKey {
  uint64_t dataset = 0;
  Digest folder;  // of its path
};

// Changes that become visible, and durable, together or not at all. Not thread-safe.
class Batch {
 public:
  Batch();
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;

  void PutObject(const Digest& id, const ObjectRecord& record);
  // The object's record and those of all its blocks. Leaves a tombstone over the range of the
  // blocks, which slows down reads near it until it is compacted.
  void DeleteObject(const Digest& id);
  // The object's own record alone.
  void DeleteObjectRecord(const Digest& id);
  void PutBlock(const Digest& id, uint32_t block, const BlockRecord& record);
  void DeleteBlock(const Digest& id, uint32_t block);
  void PutEntry(const FolderKey& folder, absl::string_view name, const EntryRecord& record);
  void DeleteEntry(const FolderKey& folder, absl::string_view name);
  void PutFolder(const FolderKey& folder, const FolderRecord& record);
  void DeleteFolder(const FolderKey& folder);
  void PutMeta(const MetaRecord& record);
  // What is at or below `path` of a dataset is never evicted.
  void PutPin(uint64_t dataset, absl::string_view path);
  void DeletePin(uint64_t dataset, absl::string_view path);

  bool empty() const;
  uint64_t size_bytes() const;  // of keys and records

 private:
  friend class Index;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
};

// The index as it was at one moment. What was deleted since takes its place on disk until this
// ends, which must be before the index does.
class Snapshot {
 public:
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  friend class Index;
  Snapshot(std::shared_ptr<rocksdb::DB> db, const rocksdb::Snapshot* snapshot)
      : db_(std::move(db)), snapshot_(snapshot) {}
  const std::shared_ptr<rocksdb::DB> db_;
  const rocksdb::Snapshot* const snapshot_;
};

// Typed tables over one RocksDB: the cache's objects and blocks, the catalog's folders and entries,
// meta. One folder of one daemon (RocksDB's own lock besides the cache folder's). Thread-safe. A
// record that can't be decoded reads as absent. Errors: Internal or ResourceExhausted with
// RocksDB's message; DataLoss where RocksDB reports corruption.
class Index {
 public:
  // Opens or makes. Costs no scan: the write-ahead log since the last flush is replayed (at most
  // two write buffers).
  // DataLoss: its files are bad, or one is missing.
  static absl::StatusOr<std::unique_ptr<Index>> Open(const IndexOptions& options);
  ~Index();

  // Since it was opened a record could not be read, or written, because the files are bad.
  bool found_corrupt() const { return found_corrupt_; }

  // The error of a write that failed on the disk: all fail with it until Recover, while reads go
  // on. OK: none did.
  absl::Status write_error() const;
  // Opens the index anew where writes are refused. What was written before is all there. While it
  // works, some milliseconds, reads fail with Unavailable. Not while a Snapshot is held.
  absl::Status Recover();

  // Visible to readers when it returns. Survives a kill of the process; a crash of the machine only
  // from the next write with `sync` on (or SyncWal).
  absl::Status Write(Batch batch, bool sync = false);
  absl::Status SyncWal();

  std::unique_ptr<Snapshot> TakeSnapshot();

  absl::StatusOr<std::optional<ObjectRecord>> GetObject(const Digest& id);
  // The id of a known object by its first 64 bits; the least one where several have them.
  absl::StatusOr<std::optional<Digest>> FindObject(uint64_t prefix);
  // Calls `visit` for each object (all datasets) until it returns false; a consistent snapshot, in
  // order of ids, from `from` on. `at`: of that moment; null: of now.
  absl::Status ForEachObject(const Digest& from,
                             const std::function<bool(const Digest&, const ObjectRecord&)>& visit,
                             const Snapshot* at = nullptr);
  // The blocks of an object in order.
  absl::Status ForEachBlock(const Digest& id,
                            const std::function<void(uint32_t block, const BlockRecord&)>& visit,
                            const Snapshot* at = nullptr);

  absl::StatusOr<std::optional<FolderRecord>> GetFolder(const FolderKey& folder);
  absl::StatusOr<std::optional<EntryRecord>> GetEntry(const FolderKey& folder,
                                                      absl::string_view name);
  // The entries of a folder in the byte order of their names, beginning after `after` ("": the
  // first), until `visit` returns false.
  absl::Status ForEachEntry(
      const FolderKey& folder, absl::string_view after,
      const std::function<bool(absl::string_view name, const EntryRecord&)>& visit);

  // All pins, by dataset.
  absl::Status ForEachPin(
      const std::function<void(uint64_t dataset, absl::string_view path)>& visit);

  // Reads all tables against the checksums of their blocks. DataLoss: one is damaged.
  absl::Status VerifyChecksums();

  // nullopt in a new index.
  absl::StatusOr<std::optional<MetaRecord>> GetMeta();

  // Bytes of the index's files on disk, as RocksDB knows them.
  uint64_t DiskBytes() const;
  // Memory held by block cache, memtables and open tables.
  uint64_t MemoryBytes() const;

 private:
  explicit Index(std::unique_ptr<Database> database);

  // Notes what RocksDB says of its files.
  absl::Status Noted(absl::Status status);
  template <typename Result>
  absl::StatusOr<Result> Noted(absl::StatusOr<Result> result) {
    (void)Noted(result.status());
    return result;
  }

  const std::unique_ptr<Database> database_;
  std::atomic<bool> found_corrupt_ = false;
};

}  // namespace larder::index

#endif  // LARDER_INDEX_INDEX_H_

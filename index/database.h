// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_INDEX_DATABASE_H_
#define LARDER_INDEX_DATABASE_H_

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "index/index.h"

namespace larder::index {

absl::Status ToStatus(const rocksdb::Status& status);

// One RocksDB, tuned to be small. After a write that its disk refused RocksDB takes no more, and
// may not be asked to sync what it has (some builds end the process then): all writes fail with
// that error until Recover has opened it anew. Reads go on meanwhile. Thread-safe.
class Database {
 public:
  // DataLoss: its files are bad, or one is missing.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const IndexOptions& options);
  ~Database();

  // For reading; kept alive while it is held, which should be short. Null only while Recover works,
  // or where that failed.
  std::shared_ptr<rocksdb::DB> Get() const ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Status Write(rocksdb::WriteBatch* batch, bool sync) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status SyncWal() ABSL_LOCKS_EXCLUDED(mutex_);

  // Of the first write that was refused since it was opened.
  absl::Status write_error() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Opens it anew, which replays its log: nothing that was written is lost. Waits up to `patience`
  // for those who hold the old one. OK where nothing had failed.
  absl::Status Recover(absl::Duration patience) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Database(const IndexOptions& options, std::shared_ptr<rocksdb::DB> db)
      : options_(options), db_(std::move(db)) {}
  // The database, unless writes are refused.
  absl::StatusOr<std::shared_ptr<rocksdb::DB>> ForWriting() const ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status NoteWritten(const rocksdb::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  static constexpr int kMaxAbandoned = 16;

  const IndexOptions options_;
  Mutex recover_mutex_;  // before mutex_
  int abandoned_ ABSL_GUARDED_BY(recover_mutex_) = 0;
  mutable Mutex mutex_;
  std::shared_ptr<rocksdb::DB> db_ ABSL_GUARDED_BY(mutex_);
  absl::Status refused_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::index

#endif  // LARDER_INDEX_DATABASE_H_

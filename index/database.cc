// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "index/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/errors.h"

namespace larder::index {
namespace {

rocksdb::Options TunedOptions(const IndexOptions& options) {
  rocksdb::Options tuned;
  tuned.create_if_missing = true;
  if (options.env != nullptr) tuned.env = options.env;
  // Small on disk: no preallocation (the default shows 78 MB in du after one Put), no old logs
  // kept.
  tuned.allow_fallocate = false;
  tuned.manifest_preallocation_size = 4096;
  tuned.max_manifest_file_size = 1 << 20;
  tuned.keep_log_file_num = 1;
  tuned.max_log_file_size = 256 << 10;
  tuned.info_log_level = rocksdb::WARN_LEVEL;
  tuned.recycle_log_file_num = 0;
  tuned.wal_recovery_mode = options.log_may_be_torn
                                ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  tuned.write_buffer_size = options.write_buffer_bytes;
  tuned.max_write_buffer_number = 2;
  tuned.max_total_wal_size = 2 * options.write_buffer_bytes;
  // A compaction holds its input and its output at a time: small levels keep that small.
  tuned.target_file_size_base = 2 * options.write_buffer_bytes;
  tuned.max_bytes_for_level_base = 4 * options.write_buffer_bytes;
  tuned.max_background_jobs = 2;
  tuned.max_open_files = 256;
  tuned.stats_dump_period_sec = 0;
  tuned.stats_persist_period_sec = 0;
  tuned.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_size = 8 << 10;
  table.format_version = 5;
  tuned.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return tuned;
}

// RocksDB is not to be closed after its log could not be written: Debian's build, which has its
// assertions on, ends the process where it flushes that log once more. So it stops working, and
// stays in memory, a few megabytes.
void Abandon(std::shared_ptr<rocksdb::DB> db) {
  static Mutex mutex;
  static auto* const abandoned = new std::vector<std::shared_ptr<rocksdb::DB>>;
  rocksdb::CancelAllBackgroundWork(db.get(), /*wait=*/true);
  MutexLock lock(&mutex);
  abandoned->push_back(std::move(db));
}

// `times` it was opened before by this process. RocksDB keeps the names of its lock files, and
// those that were abandoned are among them; what keeps other processes out is the cache folder's
// own.
absl::StatusOr<std::shared_ptr<rocksdb::DB>> OpenRocks(const IndexOptions& options, int times) {
  std::string path = options.path;
  for (int i = 0; i < times; ++i) path += "/.";
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(TunedOptions(options), path, &db);
  if (status.IsPathNotFound() || status.IsNotFound() || status.IsInvalidArgument() ||
      status.IsNotSupported()) {
    // A file that another one names is missing, or says what no file of ours says.
    return absl::DataLossError(absl::StrCat(options.path, ": index: ", status.ToString()));
  }
  if (!status.ok()) return WithContext(ToStatus(status), options.path);
  return std::shared_ptr<rocksdb::DB>(db);
}

}  // namespace

absl::Status ToStatus(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat("index: ", status.ToString());
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(message);
  if (status.IsCorruption()) return absl::DataLossError(message);
  return absl::InternalError(message);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const IndexOptions& options) {
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<rocksdb::DB> db, OpenRocks(options, 0));
  return std::unique_ptr<Database>(new Database(options, std::move(db)));
}

Database::~Database() {
  std::shared_ptr<rocksdb::DB> db = Get();
  if (db == nullptr) return;
  if (!write_error().ok()) {
    Abandon(std::move(db));
  } else {
    (void)db->Close();
  }
}

std::shared_ptr<rocksdb::DB> Database::Get() const {
  MutexLock lock(&mutex_);
  return db_;
}

absl::Status Database::write_error() const {
  MutexLock lock(&mutex_);
  return refused_;
}

absl::StatusOr<std::shared_ptr<rocksdb::DB>> Database::ForWriting() const {
  MutexLock lock(&mutex_);
  if (!refused_.ok()) return refused_;
  return db_;
}

absl::Status Database::NoteWritten(const rocksdb::Status& status) {
  absl::Status result = ToStatus(status);
  if (!status.IsIOError() && !status.IsNoSpace()) return result;
  MutexLock lock(&mutex_);
  if (refused_.ok()) refused_ = result;
  return result;
}

absl::Status Database::Write(rocksdb::WriteBatch* batch, bool sync) {
  LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<rocksdb::DB> db, ForWriting());
  rocksdb::WriteOptions options;
  options.sync = sync;
  return NoteWritten(db->Write(options, batch));
}

absl::Status Database::SyncWal() {
  LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<rocksdb::DB> db, ForWriting());
  return NoteWritten(db->SyncWAL());
}

absl::Status Database::Recover(absl::Duration patience) {
  std::shared_ptr<rocksdb::DB> old;
  MutexLock one(&recover_mutex_);
  if (abandoned_ >= kMaxAbandoned) {
    return absl::UnavailableError("index: it was opened anew too often; mount again");
  }
  {
    MutexLock lock(&mutex_);
    if (refused_.ok()) return absl::OkStatus();
    old = std::move(db_);
    db_ = nullptr;
  }
  const absl::Time until = absl::Now() + patience;
  while (old.use_count() > 1) {
    if (absl::Now() > until) {
      MutexLock lock(&mutex_);
      db_ = std::move(old);
      return absl::UnavailableError("index: somebody reads it all the time");
    }
    absl::SleepFor(absl::Milliseconds(1));
  }
  if (old != nullptr) {
    Abandon(std::move(old));
    ++abandoned_;
  }
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<rocksdb::DB> db, OpenRocks(options_, abandoned_));
  MutexLock lock(&mutex_);
  db_ = std::move(db);
  refused_ = absl::OkStatus();
  return absl::OkStatus();
}

}  // namespace larder::index

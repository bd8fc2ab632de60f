// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "index/index.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/write_batch.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"

namespace larder::index {
namespace {

// One letter a table, first in each key; keys of one table stand together. Numbers are big-endian,
// so that the byte order is theirs.
constexpr char kObjectTable = 'O';
constexpr char kBlockTable = 'B';
constexpr char kEntryTable = 'E';
constexpr char kFolderTable = 'F';
constexpr char kMetaTable = 'M';
constexpr char kPinTable = 'P';

void AppendBigEndian(std::string* key, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    key->push_back(static_cast<char>(value >> shift & 0xff));
  }
}

std::string DigestKey(char table, const Digest& id) {
  return absl::StrCat(absl::string_view(&table, 1), id.view());
}

std::string BlockKey(const Digest& id, uint32_t block) {
  std::string key = DigestKey(kBlockTable, id);
  AppendBigEndian(&key, block, 4);
  return key;
}

std::string CatalogKey(char table, const FolderKey& folder, absl::string_view name) {
  std::string key(1, table);
  AppendBigEndian(&key, folder.dataset, 8);
  absl::StrAppend(&key, folder.folder.view(), name);
  return key;
}

std::string PinKey(uint64_t dataset, absl::string_view path) {
  std::string key(1, kPinTable);
  AppendBigEndian(&key, dataset, 8);
  absl::StrAppend(&key, path);
  return key;
}

std::string MetaKey() { return std::string(1, kMetaTable); }

absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status ToStatus(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat("index: ", status.ToString());
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(message);
  if (status.IsCorruption()) return absl::DataLossError(message);
  return absl::InternalError(message);
}

template <typename Record>
absl::StatusOr<std::optional<Record>> Get(rocksdb::DB* db, const std::string& key) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db->Get(rocksdb::ReadOptions(), db->DefaultColumnFamily(), key, &value);
  if (status.IsNotFound()) return std::optional<Record>();
  if (!status.ok()) return ToStatus(status);
  return Record::Decode(ToView(value));
}

// Calls visit(key's rest after `prefix`, record) for the decodable records from `start` on, while
// it returns true.
template <typename Record, typename Visit>
absl::Status ForEach(rocksdb::DB* db, const std::string& prefix, const std::string& start,
                     const Visit& visit, const rocksdb::Snapshot* at = nullptr) {
  rocksdb::ReadOptions options;
  options.snapshot = at;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(options));
  for (it->Seek(start); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    const std::optional<Record> record = Record::Decode(ToView(it->value()));
    if (!record) continue;
    if (!visit(ToView(it->key()).substr(prefix.size()), *record)) break;
  }
  return ToStatus(it->status());
}

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

}  // namespace

Batch::Batch() : batch_(std::make_unique<rocksdb::WriteBatch>()) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

void Batch::PutObject(const Digest& id, const ObjectRecord& record) {
  batch_->Put(DigestKey(kObjectTable, id), record.Encode());
}

void Batch::DeleteObject(const Digest& id) {
  batch_->Delete(DigestKey(kObjectTable, id));
  batch_->DeleteRange(BlockKey(id, 0), BlockKey(id, UINT32_MAX));
}

void Batch::DeleteObjectRecord(const Digest& id) { batch_->Delete(DigestKey(kObjectTable, id)); }

void Batch::PutBlock(const Digest& id, uint32_t block, const BlockRecord& record) {
  batch_->Put(BlockKey(id, block), record.Encode());
}

void Batch::DeleteBlock(const Digest& id, uint32_t block) { batch_->Delete(BlockKey(id, block)); }

void Batch::PutEntry(const FolderKey& folder, absl::string_view name, const EntryRecord& record) {
  batch_->Put(CatalogKey(kEntryTable, folder, name), record.Encode());
}

void Batch::DeleteEntry(const FolderKey& folder, absl::string_view name) {
  batch_->Delete(CatalogKey(kEntryTable, folder, name));
}

void Batch::PutFolder(const FolderKey& folder, const FolderRecord& record) {
  batch_->Put(CatalogKey(kFolderTable, folder, ""), record.Encode());
}

void Batch::DeleteFolder(const FolderKey& folder) {
  batch_->Delete(CatalogKey(kFolderTable, folder, ""));
}

void Batch::PutMeta(const MetaRecord& record) { batch_->Put(MetaKey(), record.Encode()); }

void Batch::PutPin(uint64_t dataset, absl::string_view path) {
  batch_->Put(PinKey(dataset, path), rocksdb::Slice());
}

void Batch::DeletePin(uint64_t dataset, absl::string_view path) {
  batch_->Delete(PinKey(dataset, path));
}

uint64_t Batch::size_bytes() const { return batch_->GetDataSize(); }

bool Batch::empty() const { return batch_->Count() == 0; }

Snapshot::~Snapshot() { db_->ReleaseSnapshot(snapshot_); }

Index::Index(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

Index::~Index() { db_->Close(); }

absl::StatusOr<std::unique_ptr<Index>> Index::Open(const IndexOptions& options) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(TunedOptions(options), options.path, &db);
  if (status.IsPathNotFound() || status.IsNotFound() || status.IsInvalidArgument() ||
      status.IsNotSupported()) {
    // A file that another one names is missing, or says what no file of ours says.
    return absl::DataLossError(absl::StrCat(options.path, ": index: ", status.ToString()));
  }
  if (!status.ok()) return WithContext(ToStatus(status), options.path);
  return std::unique_ptr<Index>(new Index(std::unique_ptr<rocksdb::DB>(db)));
}

absl::Status Index::Noted(absl::Status status) {
  if (absl::IsDataLoss(status)) found_corrupt_ = true;
  return status;
}

absl::Status Index::Write(Batch batch, bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  return Noted(ToStatus(db_->Write(options, batch.batch_.get())));
}

std::unique_ptr<Snapshot> Index::TakeSnapshot() {
  return std::unique_ptr<Snapshot>(new Snapshot(db_.get(), db_->GetSnapshot()));
}

absl::Status Index::SyncWal() { return Noted(ToStatus(db_->SyncWAL())); }

absl::Status Index::VerifyChecksums() { return ToStatus(db_->VerifyChecksum()); }

absl::StatusOr<std::optional<ObjectRecord>> Index::GetObject(const Digest& id) {
  return Noted(Get<ObjectRecord>(db_.get(), DigestKey(kObjectTable, id)));
}

absl::StatusOr<std::optional<Digest>> Index::FindObject(uint64_t prefix) {
  std::optional<Digest> found;
  LARDER_RETURN_IF_ERROR(
      ForEachObject(Digest::FromPrefix(prefix), [&](const Digest& id, const ObjectRecord&) {
        if (id.prefix() == prefix) found = id;
        return false;
      }));
  return found;
}

absl::Status Index::ForEachObject(
    const Digest& from, const std::function<bool(const Digest&, const ObjectRecord&)>& visit,
    const Snapshot* at) {
  return Noted(ForEach<ObjectRecord>(
      db_.get(), std::string(1, kObjectTable), DigestKey(kObjectTable, from),
      [&](absl::string_view id, const ObjectRecord& record) {
        return visit(Digest::FromView(id), record);
      },
      at == nullptr ? nullptr : at->snapshot_));
}

absl::Status Index::ForEachBlock(const Digest& id,
                                 const std::function<void(uint32_t, const BlockRecord&)>& visit,
                                 const Snapshot* at) {
  return Noted(ForEach<BlockRecord>(
      db_.get(), DigestKey(kBlockTable, id), BlockKey(id, 0),
      [&](absl::string_view rest, const BlockRecord& record) {
        uint32_t block = 0;
        for (const char c : rest) block = block << 8 | static_cast<uint8_t>(c);
        visit(block, record);
        return true;
      },
      at == nullptr ? nullptr : at->snapshot_));
}

absl::Status Index::ForEachPin(const std::function<void(uint64_t, absl::string_view)>& visit) {
  constexpr size_t kDatasetBytes = 8;
  const std::string prefix(1, kPinTable);
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions()));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    const absl::string_view key = ToView(it->key()).substr(prefix.size());
    if (key.size() < kDatasetBytes) continue;
    uint64_t dataset = 0;
    for (const char c : key.substr(0, kDatasetBytes))
      dataset = dataset << 8 | static_cast<uint8_t>(c);
    visit(dataset, key.substr(kDatasetBytes));
  }
  return Noted(ToStatus(it->status()));
}

absl::StatusOr<std::optional<FolderRecord>> Index::GetFolder(const FolderKey& folder) {
  return Noted(Get<FolderRecord>(db_.get(), CatalogKey(kFolderTable, folder, "")));
}

absl::StatusOr<std::optional<EntryRecord>> Index::GetEntry(const FolderKey& folder,
                                                           absl::string_view name) {
  return Noted(Get<EntryRecord>(db_.get(), CatalogKey(kEntryTable, folder, name)));
}

absl::Status Index::ForEachEntry(
    const FolderKey& folder, absl::string_view after,
    const std::function<bool(absl::string_view, const EntryRecord&)>& visit) {
  const std::string prefix = CatalogKey(kEntryTable, folder, "");
  std::string start = absl::StrCat(prefix, after);
  if (!after.empty()) start.push_back('\0');  // the least key after it
  return Noted(ForEach<EntryRecord>(db_.get(), prefix, start, visit));
}

absl::StatusOr<std::optional<MetaRecord>> Index::GetMeta() {
  return Noted(Get<MetaRecord>(db_.get(), MetaKey()));
}

uint64_t Index::DiskBytes() const {
  uint64_t tables = 0;
  uint64_t bytes = 0;
  if (db_->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &tables)) bytes += tables;
  rocksdb::VectorLogPtr logs;
  if (db_->GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs) bytes += log->SizeFileBytes();
  }
  return bytes;
}

uint64_t Index::MemoryBytes() const {
  uint64_t bytes = 0;
  for (const std::string& property :
       {rocksdb::DB::Properties::kBlockCacheUsage, rocksdb::DB::Properties::kSizeAllMemTables,
        rocksdb::DB::Properties::kEstimateTableReadersMem}) {
    uint64_t value = 0;
    if (db_->GetIntProperty(property, &value)) bytes += value;
  }
  return bytes;
}

}  // namespace larder::index

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "index/index.h"

#include <rocksdb/db.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/write_batch.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "index/database.h"

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

absl::Status BeingOpened() {
  return absl::UnavailableError("index: it is not open, after its disk refused writes");
}

// Of those who read it when it is opened anew.
constexpr absl::Duration kRecoverPatience = absl::Seconds(5);

absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

template <typename Record>
absl::StatusOr<std::optional<Record>> Get(const std::shared_ptr<rocksdb::DB>& db,
                                          const std::string& key) {
  if (db == nullptr) return BeingOpened();
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
absl::Status ForEach(const std::shared_ptr<rocksdb::DB>& db, const std::string& prefix,
                     const std::string& start, const Visit& visit,
                     const rocksdb::Snapshot* at = nullptr) {
  if (db == nullptr) return BeingOpened();
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

Snapshot::~Snapshot() {
  if (snapshot_ != nullptr) db_->ReleaseSnapshot(snapshot_);
}

Index::Index(std::unique_ptr<Database> database) : database_(std::move(database)) {}

Index::~Index() = default;

absl::StatusOr<std::unique_ptr<Index>> Index::Open(const IndexOptions& options) {
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::Open(options));
  return std::unique_ptr<Index>(new Index(std::move(database)));
}

absl::Status Index::Noted(absl::Status status) {
  if (absl::IsDataLoss(status)) found_corrupt_ = true;
  return status;
}

absl::Status Index::Write(Batch batch, bool sync) {
  return Noted(database_->Write(batch.batch_.get(), sync));
}

std::unique_ptr<Snapshot> Index::TakeSnapshot() {
  std::shared_ptr<rocksdb::DB> db = database_->Get();
  const rocksdb::Snapshot* const snapshot = db == nullptr ? nullptr : db->GetSnapshot();
  return std::unique_ptr<Snapshot>(new Snapshot(std::move(db), snapshot));
}

absl::Status Index::SyncWal() { return Noted(database_->SyncWal()); }

absl::Status Index::write_error() const { return database_->write_error(); }

absl::Status Index::Recover() { return database_->Recover(kRecoverPatience); }

absl::Status Index::VerifyChecksums() {
  const auto db = database_->Get();
  return db == nullptr ? BeingOpened() : ToStatus(db->VerifyChecksum());
}

absl::StatusOr<std::optional<ObjectRecord>> Index::GetObject(const Digest& id) {
  return Noted(Get<ObjectRecord>(database_->Get(), DigestKey(kObjectTable, id)));
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
      at == nullptr ? database_->Get() : at->db_, std::string(1, kObjectTable),
      DigestKey(kObjectTable, from),
      [&](absl::string_view id, const ObjectRecord& record) {
        return visit(Digest::FromView(id), record);
      },
      at == nullptr ? nullptr : at->snapshot_));
}

absl::Status Index::ForEachBlock(const Digest& id,
                                 const std::function<void(uint32_t, const BlockRecord&)>& visit,
                                 const Snapshot* at) {
  return Noted(ForEach<BlockRecord>(
      at == nullptr ? database_->Get() : at->db_, DigestKey(kBlockTable, id), BlockKey(id, 0),
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
  const auto db = database_->Get();
  if (db == nullptr) return BeingOpened();
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(rocksdb::ReadOptions()));
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
  return Noted(Get<FolderRecord>(database_->Get(), CatalogKey(kFolderTable, folder, "")));
}

absl::StatusOr<std::optional<EntryRecord>> Index::GetEntry(const FolderKey& folder,
                                                           absl::string_view name) {
  return Noted(Get<EntryRecord>(database_->Get(), CatalogKey(kEntryTable, folder, name)));
}

absl::Status Index::ForEachEntry(
    const FolderKey& folder, absl::string_view after,
    const std::function<bool(absl::string_view, const EntryRecord&)>& visit) {
  const std::string prefix = CatalogKey(kEntryTable, folder, "");
  std::string start = absl::StrCat(prefix, after);
  if (!after.empty()) start.push_back('\0');  // the least key after it
  return Noted(ForEach<EntryRecord>(database_->Get(), prefix, start, visit));
}

absl::StatusOr<std::optional<MetaRecord>> Index::GetMeta() {
  return Noted(Get<MetaRecord>(database_->Get(), MetaKey()));
}

uint64_t Index::DiskBytes() const {
  const auto db = database_->Get();
  uint64_t tables = 0;
  uint64_t bytes = 0;
  if (db == nullptr) return 0;
  if (db->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &tables)) bytes += tables;
  rocksdb::VectorLogPtr logs;
  if (db->GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs) bytes += log->SizeFileBytes();
  }
  return bytes;
}

uint64_t Index::MemoryBytes() const {
  const auto db = database_->Get();
  uint64_t bytes = 0;
  if (db == nullptr) return 0;
  for (const std::string& property :
       {rocksdb::DB::Properties::kBlockCacheUsage, rocksdb::DB::Properties::kSizeAllMemTables,
        rocksdb::DB::Properties::kEstimateTableReadersMem}) {
    uint64_t value = 0;
    if (db->GetIntProperty(property, &value)) bytes += value;
  }
  return bytes;
}

}  // namespace larder::index

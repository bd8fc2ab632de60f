// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "index/records.h"

#include "index/codec.h"

namespace larder::index {
namespace {

constexpr uint8_t kFormat = kFormatVersion;

}  // namespace

std::string ObjectRecord::Encode() const {
  return Encoder(kFormat)
      .Put(static_cast<uint8_t>(layout))
      .PutBool(complete)
      .Put(sync_epoch)
      .Put(dataset)
      .Put(size)
      .Put(file_id)
      .Put(offset)
      .Put(crc32c)
      .Put(block_bytes)
      .PutTime(mtime)
      .PutString(etag)
      .PutString(path)
      .Take();
}

std::optional<ObjectRecord> ObjectRecord::Decode(absl::string_view bytes) {
  Decoder in(bytes, kFormat);
  ObjectRecord record;
  const auto layout = in.Get<uint8_t>();
  record.layout = static_cast<Layout>(layout);
  record.complete = in.GetBool();
  record.sync_epoch = in.Get<uint32_t>();
  record.dataset = in.Get<uint64_t>();
  record.size = in.Get<uint64_t>();
  record.file_id = in.Get<uint64_t>();
  record.offset = in.Get<uint64_t>();
  record.crc32c = in.Get<uint32_t>();
  record.block_bytes = in.Get<uint32_t>();
  record.mtime = in.GetTime();
  record.etag = in.GetString();
  record.path = in.GetString();
  if (!in.Done() || layout < 1 || layout > 2) return std::nullopt;
  if (record.layout == Layout::kObjectFile && record.block_bytes == 0) return std::nullopt;
  return record;
}

std::string BlockRecord::Encode() const {
  return Encoder(kFormat).Put(crc32c).Put(sync_epoch).Take();
}

std::optional<BlockRecord> BlockRecord::Decode(absl::string_view bytes) {
  Decoder in(bytes, kFormat);
  BlockRecord record;
  record.crc32c = in.Get<uint32_t>();
  record.sync_epoch = in.Get<uint32_t>();
  if (!in.Done()) return std::nullopt;
  return record;
}

std::string EntryRecord::Encode() const {
  return Encoder(kFormat)
      .Put(kind)
      .PutBool(has_version)
      .Put(generation)
      .Put(listing)
      .Put(size)
      .PutTime(mtime)
      .PutTime(checked_at)
      .PutString(etag)
      .PutString(link_target)
      .Take();
}

std::optional<EntryRecord> EntryRecord::Decode(absl::string_view bytes) {
  Decoder in(bytes, kFormat);
  EntryRecord record;
  record.kind = in.Get<uint8_t>();
  record.has_version = in.GetBool();
  record.generation = in.Get<uint32_t>();
  record.listing = in.Get<uint64_t>();
  record.size = in.Get<uint64_t>();
  record.mtime = in.GetTime();
  record.checked_at = in.GetTime();
  record.etag = in.GetString();
  record.link_target = in.GetString();
  if (!in.Done() || record.kind < 1 || record.kind > 3) return std::nullopt;
  return record;
}

std::string FolderRecord::Encode() const {
  return Encoder(kFormat).Put(listing).Put(entries).PutTime(listed_at).Take();
}

std::optional<FolderRecord> FolderRecord::Decode(absl::string_view bytes) {
  Decoder in(bytes, kFormat);
  FolderRecord record;
  record.listing = in.Get<uint64_t>();
  record.entries = in.Get<uint64_t>();
  record.listed_at = in.GetTime();
  if (!in.Done()) return std::nullopt;
  return record;
}

std::string MetaRecord::Encode() const {
  return Encoder(kFormat)
      .Put(sync_epoch)
      .Put(synced_epoch)
      .Put(next_file_id)
      .Put(used_bytes)
      .Put(unverified_from)
      .Put(unverified_to)
      .PutString(boot_id)
      .Take();
}

std::optional<MetaRecord> MetaRecord::Decode(absl::string_view bytes) {
  Decoder in(bytes, kFormat);
  MetaRecord record;
  record.sync_epoch = in.Get<uint32_t>();
  record.synced_epoch = in.Get<uint32_t>();
  record.next_file_id = in.Get<uint64_t>();
  record.used_bytes = in.Get<uint64_t>();
  record.unverified_from = in.Get<uint32_t>();
  record.unverified_to = in.Get<uint32_t>();
  record.boot_id = in.GetString();
  if (!in.Done()) return std::nullopt;
  return record;
}

}  // namespace larder::index

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_INDEX_RECORDS_H_
#define LARDER_INDEX_RECORDS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// What the index holds, and its bytes on disk: a format byte, then fields in order (little-endian
// fixed integers, strings with a 32-bit length). tests/index/records_test.cc freezes the bytes; a
// change needs a new format byte, and a reader of the old one. Decoding anything else gives
// nullopt: the record is as good as absent.

namespace larder::index {

// The layout of the whole cache folder, kept in CACHE_DIR/VERSION; one number for all kinds of
// records.
inline constexpr int kFormatVersion = 1;

enum class Layout : uint8_t { kPack = 1, kObjectFile = 2 };

// One cached version of one object. Key: the object's id (128-bit digest of dataset, path,
// version).
struct ObjectRecord {
  Layout layout = Layout::kPack;
  bool complete = false;    // object files: every block is present and the file is cut to `size`
  uint32_t sync_epoch = 0;  // see meta's synced_epoch
  uint64_t dataset = 0;
  uint64_t size = 0;
  uint64_t file_id = 0;      // of the pack, or of the object file
  uint64_t offset = 0;       // packs: where in it
  uint32_t crc32c = 0;       // packs: of the whole object
  uint32_t block_bytes = 0;  // object files: the unit of presence
  absl::Time mtime = absl::InfinitePast();
  std::string etag;
  std::string path;  // for people, verify and repair

  std::string Encode() const;
  static std::optional<ObjectRecord> Decode(absl::string_view bytes);
  friend bool operator==(const ObjectRecord&, const ObjectRecord&) = default;
};

// One present block of an object file. Key: object id, block number.
struct BlockRecord {
  uint32_t crc32c = 0;
  uint32_t sync_epoch = 0;

  std::string Encode() const;
  static std::optional<BlockRecord> Decode(absl::string_view bytes);
  friend bool operator==(const BlockRecord&, const BlockRecord&) = default;
};

// One name in a folder of a dataset. Key: dataset, folder digest, name.
struct EntryRecord {
  uint8_t kind = 0;          // remote::EntryKind's numbers
  bool has_version = false;  // false: the name is known, size and time are not
  uint32_t generation = 0;   // tells versions apart whose size and time are the same
  uint64_t listing =
      0;  // the folder listing that saw it last (FolderRecord::listing); 0: never listed
  uint64_t size = 0;
  absl::Time mtime = absl::InfinitePast();
  absl::Time checked_at = absl::InfinitePast();  // when the remote last said so
  std::string etag;
  std::string link_target;

  std::string Encode() const;
  static std::optional<EntryRecord> Decode(absl::string_view bytes);
  friend bool operator==(const EntryRecord&, const EntryRecord&) = default;
};

// One folder whose listing is known whole. Key: dataset, folder digest.
struct FolderRecord {
  uint64_t listing = 0;  // grows with each listing of this folder
  uint64_t entries = 0;
  absl::Time listed_at = absl::InfinitePast();

  std::string Encode() const;
  static std::optional<FolderRecord> Decode(absl::string_view bytes);
  friend bool operator==(const FolderRecord&, const FolderRecord&) = default;
};

// The cache's own state. One record.
struct MetaRecord {
  uint32_t sync_epoch = 1;    // the epoch of records written now
  uint32_t synced_epoch = 0;  // records of this epoch and before had their bytes synced
  uint64_t next_file_id = 1;  // never reused; advanced in steps before use
  uint64_t used_bytes = 0;    // an upper bound of the disk space of packs and object files
  // Records of these epochs were written before a crash of the machine and not synced: their bytes
  // are checked against their CRC32C before use. Both inclusive; none where the first is larger.
  uint32_t unverified_from = 1;
  uint32_t unverified_to = 0;
  std::string boot_id;  // of the machine when last written

  std::string Encode() const;
  static std::optional<MetaRecord> Decode(absl::string_view bytes);
  friend bool operator==(const MetaRecord&, const MetaRecord&) = default;
};

}  // namespace larder::index

#endif  // LARDER_INDEX_RECORDS_H_

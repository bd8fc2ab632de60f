// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_IDENTITY_H_
#define LARDER_FS_IDENTITY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "index/records.h"
#include "remote/object_store.h"

// How a version of an object gets its inode number and its cache object id. Both are one hash, so
// that they are the same after a restart, or after the index is lost, and need no write: id =
// SHA-256(source, path, version tag, generation), cut to 128 bits; the inode number is its first 64
// (0 and 1 are not given out; fs/inode_table.h probes when two live inodes meet).
//
// The version tag must come out the same whichever way a version is first seen, by a listing or by
// a Stat:
//
//   listings carry ETags (S3, directories)    ETag and size. Times are left out: S3's listings have
//   milliseconds, its
//                                             HEADs whole seconds.
//   they do not (nginx), or names only        modification time in whole seconds, and size. An ETag
//   that a HEAD adds
//                                             later changes nothing.
//   no time known either                      ETag and size (no ETag: the size alone).
//
// Where a tag leaves the ETag out, two contents can share it. They are told apart when an ETag
// shows it: the entry's generation is raised, which makes a new number and id. The generation lives
// in the catalog, so after a loss of the index such an object starts again from 0, as its cached
// bytes do (the cache compares ETags too, and refuses what it holds of another).

namespace larder::fs {

// Makes ids for one dataset. Immutable, thread-safe.
class Identity {
 public:
  // `lists_etags`: as ObjectStore says.
  Identity(std::string source, bool lists_etags)
      : source_(std::move(source)), lists_etags_(lists_etags) {}

  // Of what `record` says is at `path`: files with a version by path and version, symlinks by path
  // and target, folders (and files whose version is not known yet) by path alone.
  Digest Of(absl::string_view path, const index::EntryRecord& record) const;
  Digest OfFolder(absl::string_view path) const;

  // What the remote said of a name, and when it was asked.
  struct Observation {
    remote::EntryKind kind = remote::EntryKind::kFile;
    std::optional<remote::ObjectVersion> version;  // nullopt: names only
    std::string link_target;
    absl::Time asked_at;
  };
  // The record that follows from `before` (if any) and what was seen. Keeps the id while nothing
  // says that the version is another; raises the generation where only the ETag does. An
  // observation older than `before` changes nothing, and one without a version leaves a known
  // version as it is.
  index::EntryRecord Next(const std::optional<index::EntryRecord>& before,
                          const Observation& seen) const;

 private:
  std::string VersionTag(const index::EntryRecord& record) const;

  const std::string source_;
  const bool lists_etags_;
};

inline remote::EntryKind KindOf(const index::EntryRecord& record) {
  return static_cast<remote::EntryKind>(record.kind);
}
// False: the kernel can't be told size and time (names only).
inline bool HasAttributes(const index::EntryRecord& record) {
  return KindOf(record) != remote::EntryKind::kFile || record.has_version;
}
inline remote::ObjectVersion VersionOf(const index::EntryRecord& record) {
  return {record.size, record.mtime, record.etag};
}

}  // namespace larder::fs

#endif  // LARDER_FS_IDENTITY_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/identity.h"

#include "absl/strings/str_cat.h"

namespace larder::fs {

using index::EntryRecord;
using remote::EntryKind;

namespace {

// Copies attributes into `record`, whose generation and listing stay.
void SetVersion(const remote::ObjectVersion& version, EntryRecord* record) {
  record->has_version = true;
  record->size = version.size;
  record->mtime = version.mtime;
  record->etag = version.etag;
}

}  // namespace

std::string Identity::VersionTag(const EntryRecord& record) const {
  const bool has_mtime = record.mtime != absl::InfinitePast();
  if (!record.etag.empty() && (lists_etags_ || !has_mtime)) {
    return absl::StrCat("etag ", record.size, " ", record.etag);
  }
  if (has_mtime) return absl::StrCat("time ", record.size, " ", absl::ToUnixSeconds(record.mtime));
  return absl::StrCat("size ", record.size);
}

Digest Identity::Of(absl::string_view path, const EntryRecord& record) const {
  switch (KindOf(record)) {
    case EntryKind::kFolder:
      break;
    case EntryKind::kSymlink:
      return Digest::Of({"symlink", source_, path, record.link_target});
    case EntryKind::kFile:
      if (!record.has_version) return Digest::Of({"name", source_, path});
      return Digest::Of(
          {"file", source_, path, VersionTag(record), absl::StrCat(record.generation)});
  }
  return OfFolder(path);
}

Digest Identity::OfFolder(absl::string_view path) const {
  return Digest::Of({"folder", source_, path});
}

EntryRecord Identity::Next(const std::optional<EntryRecord>& before,
                           const Observation& seen) const {
  if (before && before->checked_at > seen.asked_at) return *before;
  EntryRecord next;
  if (before) next.listing = before->listing;
  next.kind = static_cast<uint8_t>(seen.kind);
  next.checked_at = seen.asked_at;
  next.link_target = seen.link_target;
  const bool same_kind = before && before->kind == next.kind;

  if (seen.kind != EntryKind::kFile) {
    if (seen.version) {
      next.mtime = seen.version->mtime;
    } else if (same_kind) {
      next.mtime = before->mtime;
    }
    return next;
  }
  if (!seen.version) {
    // A bare name says only that it is there; what a Stat said of it keeps its own age.
    if (same_kind && before->has_version) return *before;
    next.checked_at = absl::InfinitePast();  // any Stat knows more
    return next;
  }
  SetVersion(*seen.version, &next);
  if (!same_kind || !before->has_version) return next;
  if (VersionTag(next) != VersionTag(*before)) return next;
  next.generation = before->generation;
  if (next.etag.empty()) {
    next.etag = before->etag;
  } else if (!before->etag.empty() && next.etag != before->etag) {
    ++next.generation;
    return next;
  }
  // Attributes of an inode stay as they are: a listing's milliseconds do not come and go.
  if (absl::ToUnixSeconds(next.mtime) == absl::ToUnixSeconds(before->mtime)) {
    next.mtime = before->mtime;
  }
  return next;
}

}  // namespace larder::fs

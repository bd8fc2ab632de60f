// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/freshness.h"

#include <algorithm>

#include "fs/identity.h"

namespace larder::fs {

bool Freshness::IsYounger(absl::Time time, absl::Duration limit, absl::Time now) {
  return time <= now && now - time < limit;
}

NameAnswer Freshness::Decide(const Known& known, bool offline, absl::Time now) const {
  if (known.entry) {
    if (!HasAttributes(*known.entry)) return NameAnswer::kAsk;
    if (known.doubted) return NameAnswer::kRevalidate;
    if (immutable || offline || IsYounger(known.entry->checked_at, ttl, now)) {
      return NameAnswer::kKnown;
    }
    return NameAnswer::kRevalidate;
  }
  // The kernel keeps a NotFound for negative_ttl from now on; together they must not pass one ttl.
  const absl::Duration keep = ttl - negative_ttl;
  if (known.absent_at && IsYounger(*known.absent_at, std::min(negative_ttl, keep), now)) {
    return NameAnswer::kAbsent;
  }
  if (known.folder) {
    if (immutable || offline || IsYounger(known.folder->listed_at, keep, now)) {
      return NameAnswer::kAbsent;
    }
    return NameAnswer::kRevalidate;
  }
  if (known.absent_at && offline) return NameAnswer::kAbsent;
  return NameAnswer::kAsk;
}

bool Freshness::NeedsListing(const std::optional<index::FolderRecord>& folder, bool offline,
                             absl::Time now) const {
  if (!folder) return true;
  return !immutable && !offline && !IsYounger(folder->listed_at, ttl, now);
}

absl::Duration Freshness::ValidFor(const index::EntryRecord& entry, absl::Time now) const {
  if (immutable) return absl::InfiniteDuration();
  if (IsYounger(entry.checked_at, ttl, now)) return ttl - (now - entry.checked_at);
  return std::min(ttl, kOldValidFor);
}

bool Freshness::MayGive(const index::EntryRecord& entry, bool offline, absl::Time now) const {
  if (!HasAttributes(entry)) return false;
  return immutable || offline || IsYounger(entry.checked_at, ttl, now);
}

}  // namespace larder::fs

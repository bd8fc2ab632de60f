// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FRESHNESS_H_
#define LARDER_FS_FRESHNESS_H_

#include "absl/time/time.h"
#include "fs/catalog_tables.h"
#include "index/records.h"

namespace larder::fs {

// What to do about a name. Pure: no clock, no I/O.
enum class NameAnswer {
  kKnown,       // answer with the entry
  kAbsent,      // NotFound, without a request
  kRevalidate,  // ask; if the remote can't be reached, what is known still holds (the entry; else
                // that there is none)
  kAsk,         // nothing usable is known
};

// When what is known may be given out without asking. Promises: a change on the remote (a new
// object, a new version, a removal) is seen at most one `ttl` later, counted to what the kernel
// keeps too, if `negative_ttl` is at most half of it; a name in a folder that was listed within the
// ttl costs no request; while offline, or if immutable, nothing known is asked for again.
struct Freshness {
  absl::Duration ttl = absl::Seconds(60);
  absl::Duration negative_ttl =
      absl::Seconds(5);  // that long, the kernel keeps a NotFound by itself
  bool immutable = false;

  NameAnswer Decide(const Known& known, bool offline, absl::Time now) const;
  // Whether a folder's listing has to be made (anew) before it is read from its start.
  bool NeedsListing(const std::optional<index::FolderRecord>& folder, bool offline,
                    absl::Time now) const;
  // How long the kernel may keep an entry that is given out now. Of one that is old (offline),
  // kOldValidFor.
  absl::Duration ValidFor(const index::EntryRecord& entry, absl::Time now) const;
  // Whether the kernel may be given the entry's attributes along with its name.
  bool MayGive(const index::EntryRecord& entry, bool offline, absl::Time now) const;

  // Short, so that the kernel soon asks again once the remote is back.
  static constexpr absl::Duration kOldValidFor = absl::Seconds(1);

 private:
  // Clocks may step back: what comes from the future is not young.
  static bool IsYounger(absl::Time time, absl::Duration limit, absl::Time now);
};

}  // namespace larder::fs

#endif  // LARDER_FS_FRESHNESS_H_

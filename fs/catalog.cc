// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/catalog.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "fs/path.h"

namespace larder::fs {

using index::EntryRecord;
using index::FolderRecord;

namespace {

absl::Time CheckedAt(const Known& known) {
  if (known.entry) return known.entry->checked_at;
  return known.absent_at.value_or(absl::InfinitePast());
}

}  // namespace

Catalog::Catalog(const Options& options, const Parts& parts)
    : options_(options),
      store_(parts.store),
      clock_(parts.clock),
      calls_(parts.store, &writer_),
      tables_({.dataset = options.dataset,
               .identity = Identity(options.source, parts.store->lists_etags()),
               .index = parts.index,
               .inodes = parts.inodes,
               .writer = &writer_,
               .admit = parts.admit,
               .on_old_version = parts.on_old_version}),
      availability_({.source = options.source,
                     .probe_deadline = options.revalidation_deadline,
                     .first_probe = options.first_probe,
                     .max_probe = options.max_probe},
                    &calls_),
      stats_(&calls_, &tables_, &availability_, parts.clock, &writer_),
      lister_(&calls_, &tables_, &availability_, parts.clock, &writer_, parts.counters) {}

Catalog::Entry Catalog::MakeEntry(absl::string_view path, const EntryRecord& record) {
  return {.name = std::string(Split(path).name),
          .id = tables_.identity().Of(path, record),
          .record = record,
          .valid_for = options_.freshness.ValidFor(record, clock_->Now())};
}

Known Catalog::FindFresh(absl::string_view path) {
  Known known = tables_.Find(path);
  const absl::Time refreshed_at = refreshes_.At(path);
  if (refreshed_at == absl::InfinitePast() || offline()) return known;
  if (known.entry && known.entry->checked_at < refreshed_at) known.doubted = true;
  if (known.folder && known.folder->listed_at < refreshed_at) known.folder.reset();
  if (known.absent_at && *known.absent_at < refreshed_at) known.absent_at.reset();
  return known;
}

bool Catalog::NeedsListing(absl::string_view folder, const std::optional<FolderRecord>& known) {
  if (known && !offline() && known->listed_at < refreshes_.At(folder)) return true;
  return options_.freshness.NeedsListing(known, offline(), clock_->Now());
}

uint64_t Catalog::Lookup(absl::string_view path, EntryDone done) {
  if (path.empty()) {
    EntryRecord root;
    root.kind = static_cast<uint8_t>(remote::EntryKind::kFolder);
    root.checked_at = clock_->Now();
    done(MakeEntry(path, root));
    return 0;
  }
  const Known known = FindFresh(path);
  const NameAnswer how = options_.freshness.Decide(known, offline(), clock_->Now());
  const bool ahead = known.entry && !store_->lists_versions();
  switch (how) {
    case NameAnswer::kKnown:
      if (ahead) BeginAhead(path, /*missed=*/false);
      done(MakeEntry(path, *known.entry));
      return 0;
    case NameAnswer::kAbsent:
      done(absl::NotFoundError(path));
      return 0;
    case NameAnswer::kRevalidate:
    case NameAnswer::kAsk:
      break;
  }
  const std::string asked(path);  // `path` may be gone once `done` was called
  const uint64_t ticket = AskEntry(asked, known, how, std::move(done));
  if (ahead) {
    BeginAhead(asked, /*missed=*/true);
  } else if (how == NameAnswer::kRevalidate) {
    RefreshFolder(asked);
  }
  return ticket;
}

uint64_t Catalog::AskEntry(const std::string& path, const Known& known, NameAnswer how,
                           EntryDone done) {
  const uint64_t ticket = waits_.Add([done](const absl::Status& status) { done(status); });
  if (ticket == 0) {
    done(absl::CancelledError("shutting down"));
    return 0;
  }
  const bool revalidate = how == NameAnswer::kRevalidate;
  // An answer from before a refresh is not a newer one, though `known` has lost it.
  const absl::Time known_at = std::max(CheckedAt(known), refreshes_.At(path));
  stats_.Ask(path, known_at, revalidate ? Revalidation() : Demand(),
             [this, path, ticket, revalidate, entry = known.entry,
              done = std::move(done)](const StatFlights::Answer& answer) {
               if (!waits_.Claim(ticket)) return;
               if (answer.ok()) return done(MakeEntry(path, *answer));
               if (!revalidate || !IsTransient(answer.status())) return done(answer.status());
               // Offline: what is known holds.
               if (entry) return done(MakeEntry(path, *entry));
               done(absl::NotFoundError(path));
             });
  return ticket;
}

void Catalog::RefreshFolder(absl::string_view path) {
  if (offline() || options_.freshness.ttl == absl::ZeroDuration()) return;
  const std::string parent(Split(path).folder);
  const std::optional<FolderRecord> folder = tables_.FindFolder(parent);
  if (!folder || !refresh_.OnRevalidation(parent, *folder)) return;
  lister_.List(parent, folder->listing, Relisting(parent),
               [this, parent](const absl::Status& status) { NoteRelisted(parent, status); });
}

void Catalog::BeginAhead(absl::string_view path, bool missed) {
  if (offline()) return;
  const SplitPath split = Split(path);
  // Of an unlisted folder only single names are known: nothing says which come next.
  if (missed && !tables_.FindFolder(split.folder)) return;
  const StatAhead::Wish wish = ahead_.OnLookup(split.folder, split.name, missed);
  if (wish.count == 0) return;
  std::vector<std::pair<std::string, EntryRecord>> next;
  // An index that fails reads as the folder's end.
  (void)tables_.ForEachEntry(split.folder, wish.after,
                             [&](absl::string_view name, const EntryRecord& record) {
                               next.emplace_back(std::string(name), record);
                               return next.size() < wish.count;
                             });
  std::vector<std::string> names;
  const absl::Time now = clock_->Now();
  for (auto& [name, record] : next) {
    Known known;
    known.entry = record;
    const NameAnswer how = options_.freshness.Decide(known, false, now);
    if (how != NameAnswer::kKnown && stats_.under_way() < kMaxStatsAhead) {
      stats_.Ask(JoinPath(split.folder, name), record.checked_at,
                 how == NameAnswer::kRevalidate ? Revalidation() : Demand(), {});
    }
    names.push_back(std::move(name));
  }
  ahead_.Begun(split.folder, wish, std::move(names));
}

absl::StatusOr<std::vector<Catalog::Entry>> Catalog::ReadKnown(absl::string_view folder,
                                                               absl::string_view after,
                                                               size_t limit) {
  std::vector<Entry> entries;
  if (limit == 0) return entries;
  const absl::Time now = clock_->Now();
  const bool is_offline = offline();
  const absl::Time refreshed_at = refreshes_.At(folder);
  LARDER_RETURN_IF_ERROR(
      tables_.ForEachEntry(folder, after, [&](absl::string_view name, const EntryRecord& record) {
        Entry entry = MakeEntry(JoinPath(folder, name), record);
        entry.has_attributes = options_.freshness.MayGive(record, is_offline, now) &&
                               (is_offline || record.checked_at >= refreshed_at);
        entries.push_back(std::move(entry));
        return entries.size() < limit;
      }));
  return entries;
}

uint64_t Catalog::ReadFolder(absl::string_view folder, absl::string_view after, size_t limit,
                             EntriesDone done) {
  const std::optional<FolderRecord> known = tables_.FindFolder(folder);
  const bool going_on = known && !after.empty();
  if (going_on || !NeedsListing(folder, known)) {
    done(ReadKnown(folder, after, limit));
    return 0;
  }
  const uint64_t ticket = waits_.Add([done](const absl::Status& status) { done(status); });
  if (ticket == 0) {
    done(absl::CancelledError("shutting down"));
    return 0;
  }
  const std::string path(folder);
  lister_.List(path, known ? known->listing : 0, known ? Relisting(path) : Demand(),
               [this, path, after = std::string(after), limit, is_known = known.has_value(), ticket,
                done = std::move(done)](const absl::Status& status) {
                 if (is_known) NoteRelisted(path, status);
                 if (!waits_.Claim(ticket)) return;
                 // Offline, or an index that can't be written: the listing before this one holds.
                 const bool serve =
                     status.ok() || (is_known && (IsTransient(status) || absl::IsInternal(status) ||
                                                  absl::IsResourceExhausted(status)));
                 if (!serve) return done(status);
                 done(ReadKnown(path, after, limit));
               });
  return ticket;
}

remote::RequestOptions Catalog::Relisting(const std::string& folder) {
  MutexLock lock(&mutex_);
  return slow_folders_.contains(folder) ? Demand() : Revalidation();
}

void Catalog::NoteRelisted(const std::string& folder, const absl::Status& status) {
  MutexLock lock(&mutex_);
  if (!absl::IsDeadlineExceeded(status)) {
    slow_folders_.erase(folder);
  } else if (slow_folders_.size() < kMaxSlowFolders) {
    slow_folders_.insert(folder);
  }
}

void Catalog::Shutdown() {
  waits_.Shutdown();
  calls_.Shutdown();
  availability_.Shutdown();
  writer_.Drain();
}

}  // namespace larder::fs

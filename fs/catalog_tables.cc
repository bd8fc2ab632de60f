// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/catalog_tables.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/log.h"
#include "fs/path.h"

namespace larder::fs {

using index::EntryRecord;
using index::FolderKey;
using index::FolderRecord;
using remote::EntryKind;

namespace {

// The totals are kept as the folder record of a folder that can't be (paths have no leading slash):
// `listing` holds the objects, `entries` the bytes. Written with each change, so that they are
// exact after a kill.
constexpr absl::string_view kTotalsFolder = "/totals";

bool IsFolder(const std::optional<EntryRecord>& record) {
  return record && KindOf(*record) == EntryKind::kFolder;
}

}  // namespace

CatalogTables::CatalogTables(const Options& options)
    : dataset_(options.dataset),
      identity_(options.identity),
      index_(options.index),
      inodes_(options.inodes),
      writer_(options.writer),
      admit_(options.admit),
      on_old_version_(options.on_old_version),
      negative_names_(kMaxNegativeNames) {
  const std::optional<FolderRecord> totals = FindFolder(kTotalsFolder);
  if (totals) {
    objects_ = totals->listing;
    size_bytes_ = totals->entries;
  }
}

FolderKey CatalogTables::KeyOf(absl::string_view folder) const {
  return {dataset_, Digest::Of({folder})};
}

void CatalogTables::LogOnce(const absl::Status& status) {
  if (status.ok() || error_logged_.exchange(true)) return;
  LogError(absl::StrCat("catalog: names are not kept any more: ", status.ToString()));
}

std::optional<EntryRecord> CatalogTables::FindEntry(absl::string_view path, bool* failed) {
  const SplitPath split = Split(path);
  auto entry = index_->GetEntry(KeyOf(split.folder), split.name);
  LogOnce(entry.status());
  if (failed != nullptr) *failed = !entry.ok();
  return entry.ok() ? *std::move(entry) : std::nullopt;
}

std::optional<FolderRecord> CatalogTables::FindFolder(absl::string_view folder) {
  auto record = index_->GetFolder(KeyOf(folder));
  LogOnce(record.status());
  return record.ok() ? *record : std::nullopt;
}

Known CatalogTables::Find(absl::string_view path) {
  Known known;
  bool failed = false;
  known.entry = FindEntry(path, &failed);
  // A name that can't be read is not absent, whatever the listing knows.
  if (!known.entry && !failed) {
    // The folder before the entry: a listing that ends between must not make its new names look
    // absent.
    known.folder = FindFolder(Split(path).folder);
    if (known.folder) known.entry = FindEntry(path);
  }
  if (!known.entry) known.absent_at = negative_names_.Find(path);
  MutexLock lock(&mutex_);
  known.doubted = doubts_.contains(path);
  return known;
}

absl::Status CatalogTables::ForEachEntry(
    absl::string_view folder, absl::string_view after,
    const std::function<bool(absl::string_view, const EntryRecord&)>& visit) {
  return index_->ForEachEntry(KeyOf(folder), after, visit);
}

void CatalogTables::Doubt(absl::string_view path, const Digest& id) {
  MutexLock lock(&mutex_);
  if (doubts_.size() >= kMaxDoubts && !doubts_.contains(path)) doubts_.erase(doubts_.begin());
  doubts_[std::string(path)] = id;
}

std::optional<Digest> CatalogTables::TakeDoubt(absl::string_view path) {
  MutexLock lock(&mutex_);
  const auto it = doubts_.find(path);
  if (it == doubts_.end()) return std::nullopt;
  const Digest id = it->second;
  doubts_.erase(it);
  return id;
}

absl::Status CatalogTables::Write(index::Batch batch) {
  if (totals_changed_) {
    FolderRecord totals;
    totals.listing = objects();
    totals.entries = size_bytes();
    batch.PutFolder(KeyOf(kTotalsFolder), totals);
    totals_changed_ = false;
  }
  absl::Status status = admit_ ? admit_(batch.size_bytes()) : absl::OkStatus();
  if (status.ok()) status = index_->Write(std::move(batch));
  LogOnce(status);
  return status;
}

void CatalogTables::Change(absl::string_view path, const std::optional<EntryRecord>& before,
                           const std::optional<EntryRecord>& after, absl::Time at,
                           index::Batch* batch) {
  const SplitPath split = Split(path);
  const FolderKey folder = KeyOf(split.folder);
  if (after) {
    batch->PutEntry(folder, split.name, *after);
  } else if (before) {
    batch->DeleteEntry(folder, split.name);
  }
  const auto count = [this](const EntryRecord& record, uint64_t sign) {
    if (KindOf(record) != EntryKind::kFile) return;
    objects_.fetch_add(sign, std::memory_order_relaxed);
    if (record.has_version) size_bytes_.fetch_add(sign * record.size, std::memory_order_relaxed);
    totals_changed_ = true;
  };
  if (before) count(*before, uint64_t{0} - 1);
  if (after) count(*after, 1);

  if (IsFolder(before) && !IsFolder(after)) {
    batch->DeleteFolder(KeyOf(path));
    removed_.push_back({std::string(path), at, ""});
    if (removed_.size() == 1) writer_->Run([this] { CleanStep(); });
  }
  std::optional<Digest> old;
  if (before && KindOf(*before) == EntryKind::kFile && HasAttributes(*before)) {
    old = identity_.Of(path, *before);
  }
  if (!after) {
    inodes_->SetCurrent(path, nullptr);
    if (old && on_old_version_) on_old_version_(*old, /*replaced=*/false);
    return;
  }
  const Digest id = identity_.Of(path, *after);
  if (old && *old != id && HasAttributes(*after) && on_old_version_) {
    on_old_version_(*old, /*replaced=*/true);
  }
  // Names-only entries have no version to compare with.
  if (HasAttributes(*after)) inodes_->SetCurrent(path, &id);
}

EntryRecord CatalogTables::ApplyStat(absl::string_view path, const remote::Attributes& seen,
                                     absl::Time asked_at) {
  const std::optional<EntryRecord> before = FindEntry(path);
  EntryRecord after = identity_.Next(before, {.kind = seen.kind,
                                              .version = seen.version,
                                              .link_target = seen.link_target,
                                              .asked_at = asked_at});
  const std::optional<Digest> refused = TakeDoubt(path);
  if (refused && identity_.Of(path, after) == *refused) ++after.generation;
  index::Batch batch;
  Change(path, before, after, asked_at, &batch);
  (void)Write(std::move(batch));  // logged; the answer is good without it
  negative_names_.Erase(path);
  return after;
}

std::optional<EntryRecord> CatalogTables::ApplyAbsent(absl::string_view path, absl::Time asked_at) {
  std::optional<EntryRecord> before = FindEntry(path);
  if (before && before->checked_at > asked_at) return before;
  negative_names_.Put(path, asked_at);
  (void)TakeDoubt(path);
  if (!before) return std::nullopt;
  index::Batch batch;
  Change(path, before, std::nullopt, asked_at, &batch);
  (void)Write(std::move(batch));
  return std::nullopt;
}

absl::Status CatalogTables::ApplyListed(absl::string_view folder, uint64_t listing,
                                        std::span<const remote::ListEntry> entries,
                                        absl::Time asked_at) {
  const FolderKey key = KeyOf(folder);
  index::Batch batch;
  absl::flat_hash_map<absl::string_view, EntryRecord> applied;  // what the batch has, unread yet
  for (const remote::ListEntry& entry : entries) {
    const std::string path = JoinPath(folder, entry.name);
    std::optional<EntryRecord> before;
    const auto twice = applied.find(entry.name);
    if (twice != applied.end()) {
      before = twice->second;
    } else {
      LARDER_ASSIGN_OR_RETURN(before, index_->GetEntry(key, entry.name));
    }
    // A name that is file and folder comes twice; the folder counts.
    if (IsFolder(before) && before->listing == listing && entry.kind != EntryKind::kFolder) {
      continue;
    }
    if (!before) {
      // Gone after this page was asked for.
      const std::optional<absl::Time> absent_at = negative_names_.Find(path);
      if (absent_at && *absent_at > asked_at) continue;
    }
    EntryRecord after = identity_.Next(before, {.kind = entry.kind,
                                                .version = entry.version,
                                                .link_target = entry.link_target,
                                                .asked_at = asked_at});
    after.listing = listing;
    Change(path, before, after, asked_at, &batch);
    applied[entry.name] = std::move(after);
  }
  return Write(std::move(batch));
}

absl::Status CatalogTables::SweepStep(Sweep* sweep) {
  index::Batch batch;
  size_t seen = 0;
  std::vector<std::pair<std::string, EntryRecord>> gone;
  LARDER_RETURN_IF_ERROR(ForEachEntry(
      sweep->folder, sweep->after, [&](absl::string_view name, const EntryRecord& record) {
        sweep->after = std::string(name);
        if (record.listing == sweep->listing || record.checked_at >= sweep->began) {
          ++sweep->entries;
        } else {
          gone.emplace_back(JoinPath(sweep->folder, name), record);
        }
        return ++seen < kMaxSweep;
      }));
  for (const auto& [path, record] : gone) {
    Change(path, record, std::nullopt, sweep->began, &batch);
  }
  if (seen < kMaxSweep) {
    sweep->done = true;
    FolderRecord folder;
    folder.listing = sweep->listing;
    folder.entries = sweep->entries;
    folder.listed_at = sweep->began;
    batch.PutFolder(KeyOf(sweep->folder), folder);
  }
  return Write(std::move(batch));
}

uint64_t CatalogTables::NextListing(absl::string_view folder, absl::Time now) {
  const std::optional<FolderRecord> before = FindFolder(folder);
  const auto by_time = static_cast<uint64_t>(std::max<int64_t>(absl::ToUnixMicros(now), 1));
  return before ? std::max(before->listing + 1, by_time) : by_time;
}

void CatalogTables::CleanStep() {
  Removed folder = removed_.front();
  size_t seen = 0;
  // Listed again since: its own sweep has done this.
  if (!FindFolder(folder.path)) {
    // Numbers of listings are times, see NextListing.
    const auto removed_at =
        static_cast<uint64_t>(std::max<int64_t>(absl::ToUnixMicros(folder.at), 0));
    std::vector<std::pair<std::string, EntryRecord>> gone;
    LogOnce(ForEachEntry(folder.path, folder.after,
                         [&](absl::string_view name, const EntryRecord& record) {
                           folder.after = std::string(name);
                           if (record.checked_at <= folder.at && record.listing <= removed_at) {
                             gone.emplace_back(JoinPath(folder.path, name), record);
                           }
                           return ++seen < kMaxSweep;
                         }));
    index::Batch batch;
    for (const auto& [path, record] : gone) {
      Change(path, record, std::nullopt, folder.at, &batch);
    }
    (void)Write(std::move(batch));
  }
  if (seen < kMaxSweep) {
    removed_.pop_front();
  } else {
    removed_.front().after = folder.after;
  }
  if (!removed_.empty()) writer_->Run([this] { CleanStep(); });
}

}  // namespace larder::fs

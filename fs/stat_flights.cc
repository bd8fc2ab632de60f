// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/stat_flights.h"

#include <optional>
#include <utility>

namespace larder::fs {

void StatFlights::Ask(absl::string_view path, absl::Time known_at,
                      const remote::RequestOptions& options, Done done) {
  if (!flights_.Join(path, std::move(done))) return;
  std::string key(path);
  // A flight may have landed between the caller's look and its joining.
  if (const std::optional<Answer> newer = FindNewer(key, known_at)) {
    writer_->Run([this, key, newer] { flights_.Finish(key, *newer); });
    return;
  }
  const absl::Time asked_at = clock_->Now();
  calls_->Stat(path, options,
               [this, key, asked_at](const absl::StatusOr<remote::Attributes>& seen) {
                 flights_.Finish(key, Apply(key, seen, asked_at));
               });
}

std::optional<StatFlights::Answer> StatFlights::FindNewer(const std::string& path,
                                                          absl::Time known_at) {
  const Known known = tables_->Find(path);
  if (known.doubted) return std::nullopt;
  if (known.entry) {
    if (!HasAttributes(*known.entry) || known.entry->checked_at <= known_at) return std::nullopt;
    return *known.entry;
  }
  if (!known.absent_at || *known.absent_at <= known_at) return std::nullopt;
  return absl::NotFoundError(path);
}

StatFlights::Answer StatFlights::Apply(const std::string& path,
                                       const absl::StatusOr<remote::Attributes>& seen,
                                       absl::Time asked_at) {
  availability_->Report(path, seen.status());
  if (seen.ok()) return tables_->ApplyStat(path, *seen, asked_at);
  if (!absl::IsNotFound(seen.status())) return seen.status();
  const std::optional<index::EntryRecord> newer = tables_->ApplyAbsent(path, asked_at);
  if (newer) return *newer;
  return seen.status();
}

}  // namespace larder::fs

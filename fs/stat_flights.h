// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_STAT_FLIGHTS_H_
#define LARDER_FS_STAT_FLIGHTS_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "fs/availability.h"
#include "fs/catalog_tables.h"
#include "fs/remote_calls.h"
#include "fs/single_flight.h"
#include "index/records.h"
#include "remote/object_store.h"

namespace larder::fs {

// Asks the remote what names are, one Stat for a name however many wait for it, and keeps the
// answer in the catalog. Thread-safe; ends with RemoteCalls::Shutdown().
class StatFlights {
 public:
  // The record that holds now; NotFound; or the remote's error.
  using Answer = absl::StatusOr<index::EntryRecord>;
  using Done = SingleFlight<Answer>::Done;

  // Not owned; all outlive it.
  StatFlights(RemoteCalls* calls, CatalogTables* tables, Availability* availability, Clock* clock,
              ThreadPool* writer)
      : calls_(calls),
        tables_(tables),
        availability_(availability),
        clock_(clock),
        writer_(writer) {}

  // `done` (may be empty) comes on the writer's thread. Where a Stat of `path` is under way, its
  // options hold. `known_at` is when what the caller knows was asked for; something newer that has
  // come meanwhile is given without a request.
  void Ask(absl::string_view path, absl::Time known_at, const remote::RequestOptions& options,
           Done done);

  size_t under_way() { return flights_.size(); }

 private:
  std::optional<Answer> FindNewer(const std::string& path, absl::Time known_at);
  Answer Apply(const std::string& path, const absl::StatusOr<remote::Attributes>& seen,
               absl::Time asked_at);

  RemoteCalls* const calls_;
  CatalogTables* const tables_;
  Availability* const availability_;
  Clock* const clock_;
  ThreadPool* const writer_;
  SingleFlight<Answer> flights_;
};

}  // namespace larder::fs

#endif  // LARDER_FS_STAT_FLIGHTS_H_

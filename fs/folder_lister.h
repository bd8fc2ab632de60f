// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FOLDER_LISTER_H_
#define LARDER_FS_FOLDER_LISTER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/thread_pool.h"
#include "fs/availability.h"
#include "fs/catalog_tables.h"
#include "fs/remote_calls.h"
#include "fs/single_flight.h"
#include "remote/object_store.h"

namespace larder::fs {

// Lists folders into the catalog, one listing of a folder at a time however many wait for it.
// Memory holds one page of the store's: each is written, in steps, before the next is asked for.
// What the listing did not have is removed at its end; until then the folder's former record holds,
// so a listing that fails half-way only leaves new names. Thread-safe; ends with
// RemoteCalls::Shutdown().
class FolderLister {
 public:
  // OK: the folder is known whole. NotFound: there is none (any more). Unimplemented: the store
  // can't list. Else the remote's or the index's error.
  using Done = SingleFlight<absl::Status>::Done;

  // Not owned; all outlive it. `writer` is drained before this dies. `counters` gets the names that
  // are hidden.
  FolderLister(RemoteCalls* calls, CatalogTables* tables, Availability* availability, Clock* clock,
               ThreadPool* writer, DatasetCounters* counters)
      : calls_(calls),
        tables_(tables),
        availability_(availability),
        clock_(clock),
        writer_(writer),
        counters_(counters) {}

  // `options` hold for each page. `done` (may be empty) comes on the writer's thread. Where a
  // listing is under way, its options hold. `known_listing` is the one that the caller found too
  // old (0: none); where another has ended meanwhile, that one is it.
  void List(absl::string_view folder, uint64_t known_listing, const remote::RequestOptions& options,
            Done done);

 private:
  // One listing; used by the writer's thread only, one step after another.
  struct Listing {
    std::string folder;
    remote::RequestOptions options;
    remote::ListPage page;
    absl::Time page_asked_at;
    size_t applied = 0;  // entries of the page
    std::string asked_page;
    uint64_t hidden_names = 0;
    CatalogTables::Sweep sweep;
  };
  using ListingPointer = std::shared_ptr<Listing>;

  void AskPage(const ListingPointer& listing, const std::string& page);
  void TakePage(const ListingPointer& listing, absl::StatusOr<remote::ListPage> page);
  void ApplyStep(const ListingPointer& listing);
  void SweepStep(const ListingPointer& listing);
  void Finish(const ListingPointer& listing, const absl::Status& status);

  RemoteCalls* const calls_;
  CatalogTables* const tables_;
  Availability* const availability_;
  Clock* const clock_;
  ThreadPool* const writer_;
  DatasetCounters* const counters_;
  SingleFlight<absl::Status> flights_;
};

}  // namespace larder::fs

#endif  // LARDER_FS_FOLDER_LISTER_H_

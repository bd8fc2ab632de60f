// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_CATALOG_H_
#define LARDER_FS_CATALOG_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "fs/availability.h"
#include "fs/catalog_tables.h"
#include "fs/folder_lister.h"
#include "fs/folder_refresh.h"
#include "fs/freshness.h"
#include "fs/inode_table.h"
#include "fs/refreshes.h"
#include "fs/remote_calls.h"
#include "fs/stat_ahead.h"
#include "fs/stat_flights.h"
#include "fs/wait_table.h"
#include "index/index.h"
#include "index/records.h"
#include "remote/object_store.h"

namespace larder::fs {

// The names and attributes of a dataset, by path: from what is known where that is good enough
// (fs/freshness.h), else from the remote (fs/stat_flights.h, fs/folder_lister.h), kept in
// fs/catalog_tables.h. While the remote can't be reached (fs/availability.h), what is known is
// served however old.
//
// Thread-safe. No lock is held while another part is called.
class Catalog {
 public:
  struct Options {
    std::string source;
    uint64_t dataset = 0;
    Freshness freshness;
    absl::Duration deadline;               // of waits for what is not known
    absl::Duration revalidation_deadline;  // of waits for what is known, but old
    absl::Duration first_probe;
    absl::Duration max_probe;
  };
  // Not owned; all outlive it.
  struct Parts {
    remote::ObjectStore* store = nullptr;
    index::Index* index = nullptr;
    InodeTable* inodes = nullptr;
    DatasetCounters* counters = nullptr;
    Clock* clock = nullptr;
    // See CatalogTables::Options.
    std::function<absl::Status(uint64_t bytes)> admit = nullptr;
    std::function<void(const Digest& id, bool replaced)> on_old_version = nullptr;
  };
  Catalog(const Options& options, const Parts& parts);
  ~Catalog() { Shutdown(); }

  struct Entry {
    std::string name;  // last component of the path
    Digest id;
    index::EntryRecord record;
    absl::Duration valid_for;
    bool has_attributes = true;  // folders read with names only, or too old: ask by Lookup
  };

  // What `path` is, with its attributes; the root is a folder always. `done` comes exactly once:
  // before this returns (the result is 0) where nothing has to be asked, else on the writer's
  // thread (the result is a ticket for Cancel). Errors: NotFound; the remote's.
  using EntryDone = std::function<void(absl::StatusOr<Entry>)>;
  uint64_t Lookup(absl::string_view path, EntryDone done);

  // Up to `limit` entries in the byte order of names after `after`. At the start of a folder
  // (`after` is empty) it is listed if that is not known or too old; going on never lists a known
  // folder. `done` as above.
  using EntriesDone = std::function<void(absl::StatusOr<std::vector<Entry>>)>;
  uint64_t ReadFolder(absl::string_view folder, absl::string_view after, size_t limit,
                      EntriesDone done);

  // `done` as above, with Cancelled, on the caller's stack; nothing if it has come.
  void Cancel(uint64_t ticket) { waits_.Cancel(ticket); }

  // What is known at and below `path` is asked for again at its next use, however fresh.
  void Refresh(absl::string_view path) { refreshes_.Add(path, clock_->Now()); }

  bool offline() const { return availability_.offline(); }
  CatalogTables& tables() { return tables_; }
  const CatalogTables& tables() const { return tables_; }

  // Ends all that waits with Cancelled, and everything in the background. Then nothing calls back
  // any more, and calls that need the remote are answered Cancelled at once.
  void Shutdown();

  static constexpr size_t kMaxStatsAhead = 128;    // of all folders, those waited for included
  static constexpr size_t kMaxSlowFolders = 1024;  // remembered

 private:
  remote::RequestOptions Demand() const { return {.deadline = options_.deadline}; }
  remote::RequestOptions Revalidation() const {
    return {.deadline = options_.revalidation_deadline, .single_try = true};
  }
  // What is known of `path`, less what a Refresh has made old.
  Known FindFresh(absl::string_view path);
  bool NeedsListing(absl::string_view folder, const std::optional<index::FolderRecord>& known);
  Entry MakeEntry(absl::string_view path, const index::EntryRecord& record);
  uint64_t AskEntry(const std::string& path, const Known& known, NameAnswer how, EntryDone done);
  // Lists the folder of an old name anew, where many of its names are asked for.
  void RefreshFolder(absl::string_view path);
  // Begins Stats of the names that a walk of the folder will look up next.
  void BeginAhead(absl::string_view path, bool missed);
  absl::StatusOr<std::vector<Entry>> ReadKnown(absl::string_view folder, absl::string_view after,
                                               size_t limit);
  // How to ask for a listing that is known, but old.
  remote::RequestOptions Relisting(const std::string& folder) ABSL_LOCKS_EXCLUDED(mutex_);
  void NoteRelisted(const std::string& folder, const absl::Status& status)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  remote::ObjectStore* const store_;
  Clock* const clock_;

  // In the order of use: each uses only those above it.
  ThreadPool writer_{"larder-catalog", 1};
  RemoteCalls calls_;
  CatalogTables tables_;
  Availability availability_;
  StatFlights stats_;
  FolderLister lister_;
  WaitTable waits_;
  StatAhead ahead_;
  FolderRefresh refresh_;
  Refreshes refreshes_;

  Mutex mutex_;  // a leaf
  // Folders that take longer to list than a revalidation may: given the full deadline next time,
  // else they would never be listed anew.
  absl::flat_hash_set<std::string> slow_folders_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_CATALOG_H_

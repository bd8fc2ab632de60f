// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_VERIFY_H_
#define LARDER_CACHE_VERIFY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/digest.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "cache/dataset.h"
#include "index/records.h"

namespace larder::cache {

struct Core;
class Object;

struct VerifyOptions {
  // Drop what is bad, and fetch it again where its dataset is one of `datasets`.
  bool repair = false;
  // All that objects may be opened of meanwhile. Not owned.
  std::vector<const Dataset*> datasets;
};

struct VerifyProgress {
  uint64_t done_bytes = 0;   // read, or found to be missing
  uint64_t total_bytes = 0;  // cached, as far as it is counted
  uint64_t done_objects = 0;
  uint64_t total_objects = 0;
  bool counted = false;  // the totals are final, but for what is filled or evicted meanwhile
  uint64_t bad_objects = 0;
  uint64_t bad_bytes = 0;
  uint64_t dropped_objects = 0;  // of the bad ones: repaired
  uint64_t fetched_objects = 0;  // of those: all that was bad of them is here again
};

struct BadObject {
  enum class Outcome : uint8_t { kKept, kDropped, kFetched };

  Digest id;
  std::string path;  // on the remote
  uint64_t bytes = 0;
  std::string why;  // of its first bad block
  Outcome outcome = Outcome::kKept;
};

// Called now and then, on the caller's thread, with the bad objects found since the last call
// (at most kMaxFound). An error ends the run and is its result.
using VerifyReport = std::function<absl::Status(const VerifyProgress& progress,
                                                const std::vector<BadObject>& found)>;

// Reads every cached byte from the disk (not from the page cache, where the filesystem has direct
// I/O) and compares it with its checksum; the index is checked by its own. What readers have open
// is checked as well, beside them. Records are read in batches, so that the index is not held at
// one state for the whole run; what comes or goes meanwhile may be met or not. Made for one run.
class Verifier {
 public:
  static constexpr int kThreads = 4;  // one reads while another computes; NVMe wants some depth
  static constexpr size_t kBatchObjects = 1024;
  static constexpr size_t kMaxFound = 32;
  static constexpr absl::Duration kReportEvery = absl::Milliseconds(250);

  // `core` outlives it.
  Verifier(Core* core, VerifyOptions options, VerifyReport report);

  // Waits for the end. That something is bad is no error. Errors: DataLoss (the index itself is
  // damaged, or its other errors), and what `report` gave.
  absl::StatusOr<VerifyProgress> Run() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // An object with what is recorded of it.
  struct Recorded {
    Digest id;
    index::ObjectRecord record;
    std::vector<uint32_t> blocks;
  };
  using Entry = std::pair<Digest, index::ObjectRecord>;

  // The records after `*after` (at the start, of all), at most kBatchObjects; `*after` becomes the
  // last one.
  absl::StatusOr<std::vector<Entry>> NextBatch(std::unique_ptr<Digest>* after);
  absl::Status ForEachBatch(const std::function<absl::Status(std::vector<Entry>)>& visit);
  absl::Status CheckIndex() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Count(const std::vector<Entry>& batch) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CheckBatch(std::vector<Entry> batch) ABSL_LOCKS_EXCLUDED(mutex_);
  // Runs `task` on the pool; WaitForTasks waits for all, and reports meanwhile.
  void Start(std::function<void()> task) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status WaitForTasks() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Report() ABSL_LOCKS_EXCLUDED(mutex_);

  // On the pool:
  void CheckObject(const Digest& id) ABSL_LOCKS_EXCLUDED(mutex_);
  void CheckBlocks(const Recorded& recorded) ABSL_LOCKS_EXCLUDED(mutex_);
  // False: its file is there, or somebody has it open.
  bool CheckFile(const Recorded& recorded) ABSL_LOCKS_EXCLUDED(mutex_);
  void Repair(const Recorded& recorded, Object* object, const std::vector<uint32_t>& blocks,
              BadObject bad) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Fetch(Object* object, uint32_t block) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::shared_ptr<Object>> Open(const Recorded& recorded)
      ABSL_LOCKS_EXCLUDED(mutex_);
  const Dataset& DatasetOf(uint64_t id) ABSL_LOCKS_EXCLUDED(mutex_);
  void Done(uint64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  void Found(BadObject bad) ABSL_LOCKS_EXCLUDED(mutex_);
  bool cancelled() const ABSL_LOCKS_EXCLUDED(mutex_);

  Core* const core_;
  const VerifyOptions options_;
  const VerifyReport report_;
  DatasetCounters counters_;  // of datasets that are not mounted

  mutable Mutex mutex_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  int tasks_ ABSL_GUARDED_BY(mutex_) = 0;
  VerifyProgress progress_ ABSL_GUARDED_BY(mutex_);
  std::vector<BadObject> found_ ABSL_GUARDED_BY(mutex_);  // not reported yet
  absl::Status index_status_ ABSL_GUARDED_BY(mutex_);
  // Not mounted: their objects are only read here.
  std::map<uint64_t, std::unique_ptr<Dataset>> unmounted_ ABSL_GUARDED_BY(mutex_);
  // Remotes that did not answer: not asked again in this run.
  std::map<uint64_t, absl::Status> unreachable_ ABSL_GUARDED_BY(mutex_);

  ThreadPool pool_;  // last: its tasks use the rest
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_VERIFY_H_

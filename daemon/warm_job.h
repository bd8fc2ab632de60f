// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_WARM_JOB_H_
#define LARDER_DAEMON_WARM_JOB_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cache/cached_object.h"
#include "fs/filesystem.h"

namespace larder {

struct WarmProgress {
  uint64_t done_bytes = 0;   // cached, of what was asked for
  uint64_t total_bytes = 0;  // known so far
  uint64_t done_files = 0;
  uint64_t total_files = 0;
  bool counted = false;  // the totals are final
  uint64_t failed_files = 0;
  std::string first_failure;  // "PATH: why"
};

// Loads everything at and below some paths of one dataset. Two walks go side by side: one counts,
// which no load holds up, and one loads; the catalog lists each folder once for both.
class WarmJob {
 public:
  static constexpr int kParallelObjects = 16;  // each loads its blocks in parallel again
  static constexpr absl::Duration kReportEvery = absl::Milliseconds(250);

  // `report` is called on Run's thread now and then; an error of it (the client is gone) ends the
  // job.
  WarmJob(fs::Filesystem* filesystem, std::function<absl::Status(const WarmProgress&)> report)
      : filesystem_(filesystem), report_(std::move(report)) {}

  // `paths` as Filesystem::Walk takes them. Waits until all is loaded or failed; what was under way
  // has ended when it returns. Files that can't be loaded are counted, not an error: an error is a
  // path that is not there, a listing that failed, or report's.
  absl::StatusOr<WarmProgress> Run(const std::vector<std::string>& paths)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // An object that is being loaded; its bytes count as they arrive.
  struct Loading {
    std::shared_ptr<cache::CachedObject> object;
    uint64_t size = 0;
  };

  void CountAll(const std::vector<std::string>& paths) ABSL_LOCKS_EXCLUDED(mutex_);
  void LoadAll(const std::vector<std::string>& paths) ABSL_LOCKS_EXCLUDED(mutex_);
  // Begins to load, once fewer than kParallelObjects are under way.
  absl::Status Load(const std::string& path, fs::InodeNumber inode, uint64_t size)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Loaded(uint64_t number, const std::string& path, const absl::Status& status)
      ABSL_LOCKS_EXCLUDED(mutex_);
  WarmProgress Snapshot() ABSL_LOCKS_EXCLUDED(mutex_);

  fs::Filesystem* const filesystem_;
  const std::function<absl::Status(const WarmProgress&)> report_;

  Mutex mutex_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool walked_ ABSL_GUARDED_BY(mutex_) = false;  // everything was begun, or failed
  absl::Status walk_status_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, Loading> loading_ ABSL_GUARDED_BY(mutex_);
  WarmProgress progress_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder

#endif  // LARDER_DAEMON_WARM_JOB_H_

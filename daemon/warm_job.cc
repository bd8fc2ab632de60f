// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/warm_job.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace larder {

absl::StatusOr<WarmProgress> WarmJob::Run(const std::vector<std::string>& paths) {
  std::thread counter([&] { CountAll(paths); });
  std::thread loader([&] { LoadAll(paths); });
  absl::Status reported;
  absl::Time next_report = absl::Now() + kReportEvery;
  for (bool ended = false; !ended;) {
    {
      MutexLock lock(&mutex_);
      ended = walked_ && loading_.empty();
      if (!ended) {
        changed_.WaitFor(&mutex_, std::max(absl::Milliseconds(1), next_report - absl::Now()));
      }
    }
    if (absl::Now() < next_report || !reported.ok()) continue;
    next_report = absl::Now() + kReportEvery;
    reported = report_(Snapshot());
    if (!reported.ok()) {
      MutexLock lock(&mutex_);
      cancelled_ = true;
      changed_.NotifyAll();
    }
  }
  counter.join();
  loader.join();
  if (!reported.ok()) return reported;
  MutexLock lock(&mutex_);
  if (!walk_status_.ok()) return walk_status_;
  return progress_;
}

void WarmJob::CountAll(const std::vector<std::string>& paths) {
  absl::Status status;
  for (const std::string& path : paths) {
    status = filesystem_->Walk(path, [&](const std::string&, fs::InodeNumber, uint64_t size) {
      MutexLock lock(&mutex_);
      // The loading walk has met the end, or an error that it tells of.
      if (cancelled_ || !walk_status_.ok()) return absl::CancelledError("cancelled");
      ++progress_.total_files;
      progress_.total_bytes += size;
      return absl::OkStatus();
    });
    if (!status.ok()) return;
  }
  MutexLock lock(&mutex_);
  progress_.counted = true;
}

void WarmJob::LoadAll(const std::vector<std::string>& paths) {
  absl::Status status;
  for (const std::string& path : paths) {
    status = filesystem_->Walk(path, [&](const std::string& file, fs::InodeNumber inode,
                                         uint64_t size) { return Load(file, inode, size); });
    if (!status.ok()) break;
  }
  MutexLock lock(&mutex_);
  walked_ = true;
  walk_status_ = std::move(status);
  changed_.NotifyAll();
}

absl::Status WarmJob::Load(const std::string& path, fs::InodeNumber inode, uint64_t size) {
  // The inode can be opened while the walk is at it, not later.
  const absl::StatusOr<std::shared_ptr<cache::CachedObject>> object = filesystem_->Open(inode);
  uint64_t number = 0;
  {
    MutexLock lock(&mutex_);
    while (!cancelled_ && loading_.size() >= kParallelObjects) changed_.Wait(&mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    number = ++last_number_;
    loading_[number] = {object.ok() ? *object : nullptr, size};
  }
  if (!object.ok()) {
    Loaded(number, path, object.status());
    return absl::OkStatus();
  }
  // The callback may come on this stack.
  (*object)->Warm(
      [this, number, path](const absl::Status& status) { Loaded(number, path, status); });
  return absl::OkStatus();
}

void WarmJob::Loaded(uint64_t number, const std::string& path, const absl::Status& status) {
  Loading ended;  // lets go of the object outside the lock
  MutexLock lock(&mutex_);
  const auto it = loading_.find(number);
  ended = std::move(it->second);
  loading_.erase(it);
  if (status.ok()) {
    ++progress_.done_files;
    progress_.done_bytes += ended.size;
  } else if (progress_.failed_files++ == 0) {
    progress_.first_failure = absl::StrCat(path, ": ", status.message());
  }
  changed_.NotifyAll();
}

WarmProgress WarmJob::Snapshot() {
  std::vector<Loading> loading;
  WarmProgress progress;
  {
    MutexLock lock(&mutex_);
    progress = progress_;
    for (const auto& [number, object] : loading_) loading.push_back(object);
  }
  for (const Loading& object : loading) {
    if (object.object == nullptr) continue;
    progress.done_bytes += std::min(object.object->cached_bytes(), object.size);
  }
  return progress;
}

}  // namespace larder

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/availability.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/log.h"

namespace larder::fs {

Availability::Availability(const Options& options, RemoteCalls* calls)
    : options_(options),
      calls_(calls),
      wait_(options.first_probe),
      thread_([this] { ProbeWhileOffline(); }) {}

void Availability::Report(absl::string_view path, const absl::Status& status) {
  if (absl::IsCancelled(status)) return;
  const bool failed = IsTransient(status);
  {
    MutexLock lock(&mutex_);
    // An absent path tells that the way is open too, but not that it will be there to tell it
    // again.
    if (status.ok() && !path.empty()) answered_.assign(path.data(), path.size());
    if (failed == offline_.load(std::memory_order_relaxed)) return;
    offline_.store(failed, std::memory_order_relaxed);
    if (failed) failed_.assign(path.data(), path.size());
    wait_ = options_.first_probe;
  }
  changed_.NotifyAll();
  if (failed) {
    LogWarning(
        absl::StrCat(options_.source, ": offline, what is known is served: ", status.message()));
  } else {
    LogInfo(absl::StrCat(options_.source, ": online again"));
  }
}

void Availability::ProbeWhileOffline() {
  while (true) {
    std::string path;
    {
      MutexLock lock(&mutex_);
      while (!stopping_ && !offline_.load(std::memory_order_relaxed)) changed_.Wait(&mutex_);
      // A wake that means nothing only brings the probe forward.
      if (!stopping_) changed_.WaitFor(&mutex_, wait_);
      if (stopping_) return;
      if (!offline_.load(std::memory_order_relaxed)) continue;
      wait_ = std::min(2 * wait_, options_.max_probe);
      path = answered_.empty() ? failed_ : answered_;
      probing_ = true;
    }
    StartProbe(path);
    MutexLock lock(&mutex_);
    while (probing_) changed_.Wait(&mutex_);
  }
}

void Availability::StartProbe(const std::string& path) {
  const auto answer = [this, path](const absl::Status& status) {
    Report(path, status);
    {
      MutexLock lock(&mutex_);
      probing_ = false;
    }
    changed_.NotifyAll();
  };
  const remote::RequestOptions request{.deadline = options_.probe_deadline, .single_try = true};
  if (path.empty()) {
    calls_->List(path, "", request, [answer](const auto& page) { answer(page.status()); });
  } else {
    calls_->Stat(path, request, [answer](const auto& seen) { answer(seen.status()); });
  }
}

void Availability::Shutdown() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

}  // namespace larder::fs

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_STATUS_REPORT_H_
#define LARDER_DAEMON_STATUS_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "cache/cache.h"
#include "daemon/control_protocol.h"
#include "fs/filesystem.h"

namespace larder {

// One dataset, at one moment.
struct DatasetStatus {
  std::string source;
  std::string mountpoint;
  fs::State state = fs::State::kOnline;
  fs::Filesystem::Totals totals;
  uint64_t cached_bytes = 0;
  const DatasetCounters* counters = nullptr;  // not owned
  std::string passthrough;
};

// What `larder status --json` prints: the stable keys of docs/architecture.md, in that order.
Json StatusJson(const std::string& cache_folder, const cache::CacheStatus& cache,
                const std::vector<DatasetStatus>& datasets);

// The same for people, from what StatusJson made (perhaps another release's). `write_error`: why
// filling stopped, or empty.
std::string StatusText(const Json& status, const std::string& write_error);

}  // namespace larder

#endif  // LARDER_DAEMON_STATUS_REPORT_H_

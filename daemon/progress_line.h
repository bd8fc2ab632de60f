// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_PROGRESS_LINE_H_
#define LARDER_DAEMON_PROGRESS_LINE_H_

#include <deque>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daemon/warm_job.h"

namespace larder {

// What a line of progress counts.
struct ProgressWords {
  absl::string_view things = "files";
  absl::string_view trouble = "failed";
};

// A warm-up, or the like, as one line: a bar, bytes, files, rate, time left. Pure: the time comes
// with each call.
class ProgressLine {
 public:
  // Rates are over the last kRateWindow.
  static constexpr absl::Duration kRateWindow = absl::Seconds(10);

  explicit ProgressLine(absl::Time start, ProgressWords words = {}) : words_(words) {
    samples_.emplace_back(start, 0);
  }

  // `columns`: of the terminal, 0 for a line without a bar.
  std::string Format(const WarmProgress& progress, absl::Time now, int columns);

 private:
  const ProgressWords words_;
  std::deque<std::pair<absl::Time, uint64_t>> samples_;  // (when, bytes done), the oldest first
};

}  // namespace larder

#endif  // LARDER_DAEMON_PROGRESS_LINE_H_

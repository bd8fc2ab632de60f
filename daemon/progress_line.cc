// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/progress_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daemon/duration.h"
#include "daemon/size.h"

namespace larder {
namespace {

constexpr int kLeastBar = 10;
constexpr int kMostBar = 40;

std::string Bar(double share, int width) {
  const int full = std::clamp(static_cast<int>(share * width), 0, width);
  return absl::StrCat("[", std::string(full, '#'), std::string(width - full, '.'), "] ");
}

}  // namespace

std::string ProgressLine::Format(const WarmProgress& progress, absl::Time now, int columns) {
  samples_.emplace_back(now, progress.done_bytes);
  while (samples_.size() > 2 && now - samples_[1].first >= kRateWindow) samples_.pop_front();
  const double seconds = absl::ToDoubleSeconds(now - samples_.front().first);
  const uint64_t gained =
      progress.done_bytes - std::min(progress.done_bytes, samples_.front().second);
  const double rate = seconds > 0 ? static_cast<double>(gained) / seconds : 0;
  const uint64_t left = progress.total_bytes - std::min(progress.total_bytes, progress.done_bytes);

  std::string text = absl::StrFormat(
      "%s of %s%s, %d of %d %s, %s/s", FormatBytes(progress.done_bytes),
      FormatBytes(progress.total_bytes), progress.counted ? "" : " so far", progress.done_files,
      progress.total_files, words_.things, FormatBytes(static_cast<uint64_t>(rate)));
  if (progress.counted && rate > 0) {
    absl::StrAppend(&text, ", ", FormatSeconds(absl::Seconds(static_cast<double>(left) / rate)),
                    " left");
  }
  if (progress.failed_files > 0)
    absl::StrAppend(&text, ", ", progress.failed_files, " ", words_.trouble);
  if (columns == 0) return text;
  const double share = progress.total_bytes == 0 ? 0
                                                 : static_cast<double>(progress.done_bytes) /
                                                       static_cast<double>(progress.total_bytes);
  const int room = columns - static_cast<int>(text.size()) - 4;
  if (room >= kLeastBar) text = Bar(share, std::min(room, kMostBar)) + text;
  return text.substr(0, std::max(columns - 1, 1));
}

}  // namespace larder

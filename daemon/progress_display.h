// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_PROGRESS_DISPLAY_H_
#define LARDER_DAEMON_PROGRESS_DISPLAY_H_

#include <string>

#include "absl/time/time.h"
#include "daemon/progress_line.h"

namespace larder {

// Progress on standard output: on a terminal one line that is written over, else a line now and
// then.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(ProgressWords words = {});

  void Show(const WarmProgress& progress, bool last);
  // A line of its own that stays, above the progress.
  void Say(const std::string& line);
  // Before an error is printed.
  void EndLine();

 private:
  const bool terminal_;
  ProgressLine line_;
  absl::Time shown_;
  bool open_line_ = false;
};

}  // namespace larder

#endif  // LARDER_DAEMON_PROGRESS_DISPLAY_H_

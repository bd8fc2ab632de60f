// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/progress_display.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "absl/time/clock.h"

namespace larder {
namespace {

constexpr absl::Duration kPlainLineEvery = absl::Seconds(5);

int Columns() {
  winsize size = {};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressWords words)
    : terminal_(isatty(STDOUT_FILENO) != 0), line_(absl::Now(), words), shown_(absl::Now()) {}

void ProgressDisplay::Show(const WarmProgress& progress, bool last) {
  const absl::Time now = absl::Now();
  if (terminal_) {
    printf("\r\033[K%s%s", line_.Format(progress, now, Columns()).c_str(), last ? "\n" : "");
  } else if (last || now - shown_ >= kPlainLineEvery) {
    shown_ = now;
    printf("%s\n", line_.Format(progress, now, 0).c_str());
  }
  fflush(stdout);
  open_line_ = terminal_ && !last;
}

void ProgressDisplay::Say(const std::string& line) {
  printf("%s%s\n", open_line_ ? "\r\033[K" : "", line.c_str());
  fflush(stdout);
  open_line_ = false;
}

void ProgressDisplay::EndLine() {
  if (open_line_) printf("\n");
  fflush(stdout);
  open_line_ = false;
}

}  // namespace larder

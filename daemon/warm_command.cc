// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/errors.h"
#include "daemon/commands.h"
#include "daemon/control_client.h"
#include "daemon/mounted_paths.h"
#include "daemon/progress_line.h"

namespace larder {
namespace {

constexpr absl::Duration kPlainLineEvery = absl::Seconds(5);
// The daemon reports four times a second; a minute without a word means that it hangs.
constexpr absl::Duration kSilence = absl::Seconds(60);

WarmProgress FromJson(const Json& json) {
  WarmProgress progress;
  progress.done_bytes = NumberIn(json, "done_bytes");
  progress.total_bytes = NumberIn(json, "total_bytes");
  progress.done_files = NumberIn(json, "done_files");
  progress.total_files = NumberIn(json, "total_files");
  progress.counted = NumberIn(json, "counted") != 0;
  progress.failed_files = NumberIn(json, "failed_files");
  progress.first_failure = StringIn(json, "first_failure");
  return progress;
}

// On a terminal one line that is written over, else a line now and then.
class ProgressDisplay {
 public:
  ProgressDisplay() : terminal_(isatty(STDOUT_FILENO) != 0), line_(absl::Now()) {}

  void Show(const WarmProgress& progress, bool last) {
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
  // Before an error is printed.
  void EndLine() {
    if (open_line_) printf("\n");
    fflush(stdout);
    open_line_ = false;
  }

 private:
  static int Columns() {
    winsize size = {};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }

  const bool terminal_;
  ProgressLine line_;
  absl::Time shown_ = absl::Now();
  bool open_line_ = false;
};

absl::Status WarmMount(const std::string& mountpoint, const std::vector<std::string>& paths) {
  LARDER_ASSIGN_OR_RETURN(const std::string socket, FindSocket(mountpoint));
  const Json request = PathsRequest("warm", paths);
  ProgressDisplay display;
  CallOptions options;
  options.timeout = kSilence;
  options.on_progress = [&](const Json& progress) { display.Show(FromJson(progress), false); };
  const absl::StatusOr<Json> result = CallDaemon(socket, request, options);
  if (!result.ok()) {
    display.EndLine();
    return WithContext(result.status(), absl::StrCat("warming ", mountpoint));
  }
  const WarmProgress progress = FromJson(*result);
  display.Show(progress, true);
  if (progress.failed_files == 0) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(progress.failed_files,
                                          progress.failed_files == 1 ? " file is" : " files are",
                                          " not cached; first ", progress.first_failure));
}

}  // namespace

absl::Status RunWarm(const std::vector<std::string>& paths) {
  LARDER_ASSIGN_OR_RETURN(const auto mounts, ByMountpoint(paths));
  absl::Status first;
  for (const auto& [mountpoint, below] : mounts) first.Update(WarmMount(mountpoint, below));
  return first;
}

}  // namespace larder

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "daemon/commands.h"
#include "daemon/control_client.h"
#include "daemon/mounted_paths.h"
#include "daemon/progress_display.h"

namespace larder {
namespace {

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

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <stdlib.h>

#include <cerrno>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "daemon/commands.h"
#include "daemon/control_client.h"
#include "daemon/progress_display.h"
#include "fs/fuse/mount_table.h"
#include "remote/url.h"

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

// The paths by the mount that each is on, relative to it.
absl::StatusOr<std::map<std::string, std::vector<std::string>>> ByMountpoint(
    const std::vector<std::string>& paths) {
  LARDER_ASSIGN_OR_RETURN(const std::vector<fuse::MountEntry> table, fuse::ReadMountTable());
  std::map<std::string, std::vector<std::string>> mounts;
  for (const std::string& path : paths) {
    const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), free);
    if (real == nullptr) return ErrnoError(errno, path);
    const absl::string_view absolute = real.get();
    const auto mount = fuse::FindMountOf(table, absolute);
    if (!mount || mount->type != fuse::kFilesystemType) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, " is not on a larder mount; `larder status` lists them"));
    }
    absl::string_view relative = absolute.substr(mount->mountpoint.size());
    while (!relative.empty() && relative.front() == '/') relative.remove_prefix(1);
    mounts[mount->mountpoint].emplace_back(relative);
  }
  return mounts;
}

absl::Status WarmMount(const std::string& mountpoint, const std::vector<std::string>& paths) {
  LARDER_ASSIGN_OR_RETURN(const std::string socket, FindSocket(mountpoint));
  Json request = {{"op", "warm"}, {"paths", Json::array()}};
  for (const std::string& path : paths) request["paths"].push_back(remote::PercentEncode(path));
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

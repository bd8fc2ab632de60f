// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/log.h"
#include "cache/cache.h"
#include "daemon/commands.h"
#include "daemon/control_client.h"
#include "daemon/machine.h"
#include "daemon/progress_display.h"
#include "daemon/runtime_folder.h"
#include "daemon/verify_report.h"
#include "fs/fuse/mount_table.h"

namespace larder {
namespace {

// The daemon reports four times a second, but while it reads the index at the start; two minutes
// without a word mean that it hangs.
constexpr absl::Duration kSilence = absl::Seconds(120);
// Blocks being read, and the index: nothing is kept in memory.
constexpr uint64_t kMemoryBytes = 128 << 20;

class VerifyDisplay {
 public:
  VerifyDisplay() : display_({.things = "objects", .trouble = "bad"}) {}

  void Show(const VerifyState& state) {
    for (const cache::BadObject& bad : state.found) display_.Say(BadObjectText(bad));
    WarmProgress progress;
    progress.done_bytes = state.progress.done_bytes;
    progress.total_bytes = state.progress.total_bytes;
    progress.done_files = state.progress.done_objects;
    progress.total_files = state.progress.total_objects;
    progress.counted = state.progress.counted;
    progress.failed_files = state.progress.bad_objects;
    display_.Show(progress, false);
  }
  absl::Status Finish(const absl::StatusOr<cache::VerifyProgress>& result, absl::string_view what) {
    display_.EndLine();
    if (!result.ok()) return WithContext(result.status(), absl::StrCat("verifying ", what));
    display_.Say(absl::StrCat(what, ": ", VerifyText(*result)));
    return WithContext(VerifyStatus(*result), what);
  }

 private:
  ProgressDisplay display_;
};

absl::Status VerifyByDaemon(const std::string& socket, bool repair, absl::string_view what) {
  VerifyDisplay display;
  CallOptions options;
  options.timeout = kSilence;
  options.on_progress = [&](const Json& progress) { display.Show(ParseVerifyJson(progress)); };
  const absl::StatusOr<Json> result =
      CallDaemon(socket, {{"op", "verify"}, {"repair", repair ? 1 : 0}}, options);
  if (!result.ok()) return display.Finish(result.status(), what);
  return display.Finish(ParseVerifyJson(*result).progress, what);
}

absl::Status VerifyHere(const std::string& folder, bool repair) {
  cache::CacheOptions options;
  options.folder = folder;
  LARDER_ASSIGN_OR_RETURN(const uint64_t disk_bytes, DiskBytes(folder));
  options.capacity_bytes = std::max<uint64_t>(disk_bytes, kMemoryBytes);
  options.memory_bytes = kMemoryBytes;
  options.mend = false;
  LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<cache::Cache> cache, cache::Cache::Create(options));
  VerifyDisplay display;
  const absl::StatusOr<cache::VerifyProgress> result = cache->Verify(
      {.repair = repair, .datasets = {}},
      [&](const cache::VerifyProgress& progress, const std::vector<cache::BadObject>& found) {
        display.Show({progress, found});
        return absl::OkStatus();
      });
  cache->Shutdown();
  return display.Finish(result, folder);
}

struct ServedCache {
  std::string socket;
  std::string folder;
};

// The caches of the daemons that this user may ask.
absl::StatusOr<std::vector<ServedCache>> ServedCaches() {
  LARDER_ASSIGN_OR_RETURN(const std::vector<std::string> sockets, ListSockets(RuntimeFolderPath()));
  std::vector<ServedCache> served;
  for (const std::string& socket : sockets) {
    const absl::StatusOr<Json> answer = CallDaemon(socket, {{"op", "status"}});
    if (absl::IsNotFound(answer.status())) continue;
    if (!answer.ok()) {
      fprintf(stderr, "larder: passed over %s: %s\n", socket.c_str(),
              std::string(answer.status().message()).c_str());
      continue;
    }
    const auto status = answer->find("status");
    if (status == answer->end()) continue;
    const auto cache = status->find("cache");
    if (cache == status->end()) continue;
    served.push_back({socket, StringIn(*cache, "dir")});
  }
  return served;
}

absl::StatusOr<std::string> RealPath(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), free);
  if (real == nullptr) return ErrnoError(errno, path);
  return std::string(real.get());
}

absl::Status VerifyFolder(const std::string& given, bool repair) {
  LARDER_ASSIGN_OR_RETURN(const std::string folder, RealPath(given));
  if (access((folder + "/VERSION").c_str(), F_OK) != 0) {
    return absl::NotFoundError(absl::StrCat(folder, " is no larder cache"));
  }
  LARDER_ASSIGN_OR_RETURN(const std::vector<ServedCache> served, ServedCaches());
  for (const ServedCache& cache : served) {
    const absl::StatusOr<std::string> its = RealPath(cache.folder);
    if (its.ok() && *its == folder) return VerifyByDaemon(cache.socket, repair, folder);
  }
  return VerifyHere(folder, repair);
}

}  // namespace

absl::Status RunVerify(const VerifyArguments& arguments) {
  LARDER_RETURN_IF_ERROR(SetLogLevel("error"));
  if (!arguments.cache_dir.empty() && !arguments.mountpoint.empty()) {
    return absl::InvalidArgumentError("name a mountpoint or a --cache-dir, not both");
  }
  if (!arguments.cache_dir.empty()) return VerifyFolder(arguments.cache_dir, arguments.repair);
  if (!arguments.mountpoint.empty()) {
    LARDER_ASSIGN_OR_RETURN(const std::string mountpoint,
                            fuse::ResolveMountpoint(arguments.mountpoint));
    LARDER_ASSIGN_OR_RETURN(const std::string socket, FindSocket(mountpoint));
    return VerifyByDaemon(socket, arguments.repair, mountpoint);
  }
  LARDER_ASSIGN_OR_RETURN(const std::vector<ServedCache> served, ServedCaches());
  if (served.empty()) {
    return absl::NotFoundError("nothing is mounted: name the cache by --cache-dir");
  }
  absl::Status first;
  for (const ServedCache& cache : served) {
    first.Update(VerifyByDaemon(cache.socket, arguments.repair, cache.folder));
  }
  return first;
}

}  // namespace larder

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "daemon/commands.h"
#include "daemon/control_client.h"
#include "daemon/mounted_paths.h"
#include "daemon/size.h"

namespace larder {
namespace {

// These read the records of all that is cached: about a second for a million objects.
constexpr absl::Duration kPatience = absl::Minutes(5);

// Asks the daemon of each mount; the results, one for each path.
absl::StatusOr<std::vector<Json>> AskAboutPaths(absl::string_view op,
                                                const std::vector<std::string>& paths) {
  LARDER_ASSIGN_OR_RETURN(const auto mounts, ByMountpoint(paths));
  std::vector<Json> results;
  for (const auto& [mountpoint, below] : mounts) {
    LARDER_ASSIGN_OR_RETURN(const std::string socket, FindSocket(mountpoint));
    absl::StatusOr<Json> answer =
        CallDaemon(socket, PathsRequest(op, below), {.timeout = kPatience});
    if (!answer.ok()) return WithContext(answer.status(), mountpoint);
    for (const Json& result : (*answer)["results"]) results.push_back(result);
  }
  return results;
}

}  // namespace

absl::Status RunEvict(const std::vector<std::string>& paths) {
  LARDER_ASSIGN_OR_RETURN(const std::vector<Json> results, AskAboutPaths("evict", paths));
  uint64_t objects = 0;
  uint64_t bytes = 0;
  uint64_t open_objects = 0;
  for (const Json& result : results) {
    objects += NumberIn(result, "objects");
    bytes += NumberIn(result, "bytes");
    open_objects += NumberIn(result, "open_objects");
  }
  printf("%llu %s evicted, %s freed", static_cast<unsigned long long>(objects),
         objects == 1 ? "file" : "files", FormatBytes(bytes).c_str());
  if (open_objects > 0) {
    printf("; %llu open, freed when closed", static_cast<unsigned long long>(open_objects));
  }
  printf("\n");
  return absl::OkStatus();
}

absl::Status RunPin(const std::vector<std::string>& paths) {
  return AskAboutPaths("pin", paths).status();
}

absl::Status RunUnpin(const std::vector<std::string>& paths) {
  return AskAboutPaths("unpin", paths).status();
}

absl::Status RunRefresh(const std::vector<std::string>& paths) {
  return AskAboutPaths("refresh", paths).status();
}

}  // namespace larder

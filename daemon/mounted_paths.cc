// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/mounted_paths.h"

#include <limits.h>
#include <stdlib.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "fs/fuse/mount_table.h"
#include "remote/url.h"

namespace larder {

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

Json PathsRequest(absl::string_view op, const std::vector<std::string>& paths) {
  Json request = {{"op", std::string(op)}, {"paths", Json::array()}};
  for (const std::string& path : paths) request["paths"].push_back(remote::PercentEncode(path));
  return request;
}

absl::StatusOr<std::vector<std::string>> PathsIn(const Json& request) {
  std::vector<std::string> paths;
  const auto listed = request.find("paths");
  if (listed == request.end() || !listed->is_array()) {
    return absl::InvalidArgumentError("the request names no paths");
  }
  for (const Json& path : *listed) {
    if (!path.is_string()) return absl::InvalidArgumentError("a path that is no string");
    std::optional<std::string> decoded = remote::PercentDecode(path.get<std::string>());
    if (!decoded) return absl::InvalidArgumentError("a path that is not percent-encoded");
    paths.push_back(*std::move(decoded));
  }
  return paths;
}

}  // namespace larder

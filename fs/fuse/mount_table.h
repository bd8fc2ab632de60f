// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_MOUNT_TABLE_H_
#define LARDER_FS_FUSE_MOUNT_TABLE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace larder::fuse {

// What mount(8) shows for our mounts.
inline constexpr char kFilesystemType[] = "fuse.larder";

// One line of /proc/self/mountinfo (proc_pid_mountinfo(5)).
struct MountEntry {
  std::string device;  // MAJ:MIN
  std::string mountpoint;
  std::string type;
  std::string source;
};

// The mounts that `text` (in the format of mountinfo) lists, in its order: later ones cover earlier
// ones. Malformed lines are left out.
std::vector<MountEntry> ParseMountTable(absl::string_view text);

// The mounts of this process's namespace. Asks none of the filesystems, so a dead one can't hold it
// up.
absl::StatusOr<std::vector<MountEntry>> ReadMountTable();

// What is mounted at exactly `mountpoint` (absolute, no symlinks), on top.
std::optional<MountEntry> FindMount(const std::vector<MountEntry>& table,
                                    absl::string_view mountpoint);

// What `path` (absolute, no symlinks) lies on: the longest mountpoint that is `path` or a folder
// above it, on top there.
std::optional<MountEntry> FindMountOf(const std::vector<MountEntry>& table, absl::string_view path);

// `mountpoint` made absolute, symlinks in it resolved, without asking the filesystem that may be
// mounted there: a mount whose daemon died can be named too. NotFound where a folder above it is
// missing.
absl::StatusOr<std::string> ResolveMountpoint(absl::string_view mountpoint);

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_MOUNT_TABLE_H_

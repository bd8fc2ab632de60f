// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/machine.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <limits>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/errors.h"
#include "base/file.h"

namespace larder {
namespace {

// "MemTotal:       24684096 kB"
uint64_t MachineMemoryBytes(const std::string& root) {
  const absl::StatusOr<std::string> text = ReadFileToString(root + "/proc/meminfo");
  if (!text.ok()) return 0;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    if (!absl::StartsWith(line, "MemTotal:")) continue;
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
    uint64_t kib = 0;
    if (fields.size() >= 2 && absl::SimpleAtoi(fields[1], &kib)) return kib * 1024;
  }
  return 0;
}

// The least limit in the files `file` of `folder` below `base` and of those above it.
uint64_t LeastLimit(const std::string& base, std::string folder, const char* file) {
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (;;) {
    const absl::StatusOr<std::string> text =
        ReadFileToString(absl::StrCat(base, folder, "/", file));
    uint64_t limit = 0;
    // "max" is no number, and no limit.
    if (text.ok() && absl::SimpleAtoi(*text, &limit)) least = std::min(least, limit);
    const size_t slash = folder.rfind('/');
    if (slash == std::string::npos) return least;
    folder.resize(slash);
  }
}

uint64_t CgroupMemoryBytes(const std::string& root) {
  uint64_t least = std::numeric_limits<uint64_t>::max();
  const absl::StatusOr<std::string> text = ReadFileToString(root + "/proc/self/cgroup");
  if (!text.ok()) return least;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    // "0::/user.slice" (v2), "4:memory:/docker/ab" (v1)
    const std::vector<absl::string_view> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3 || !absl::StartsWith(fields[2], "/")) continue;
    std::string folder(fields[2]);
    if (folder == "/") folder.clear();
    if (fields[0] == "0") {
      least = std::min(least, LeastLimit(root + "/sys/fs/cgroup", folder, "memory.max"));
    } else {
      const std::vector<absl::string_view> controllers = absl::StrSplit(fields[1], ',');
      if (std::find(controllers.begin(), controllers.end(), "memory") != controllers.end()) {
        least = std::min(
            least, LeastLimit(root + "/sys/fs/cgroup/memory", folder, "memory.limit_in_bytes"));
      }
    }
  }
  return least;
}

}  // namespace

uint64_t MemoryBytes(const std::string& root) {
  const uint64_t machine = MachineMemoryBytes(root);
  const uint64_t cgroup = CgroupMemoryBytes(root);
  return machine == 0 && cgroup == std::numeric_limits<uint64_t>::max()
             ? 0
             : std::min(machine == 0 ? cgroup : machine, cgroup);
}

absl::StatusOr<uint64_t> DiskBytes(const std::string& path) {
  std::string folder = path;
  struct statvfs st;
  while (statvfs(folder.c_str(), &st) != 0) {
    const int error = errno;
    const size_t slash = folder.rfind('/');
    if (error != ENOENT || slash == std::string::npos || folder == "/") {
      return ErrnoError(error, folder);
    }
    folder.resize(std::max<size_t>(slash, 1));
  }
  return static_cast<uint64_t>(st.f_blocks) * st.f_frsize;
}

Machine ThisMachine() {
  Machine machine;
  machine.uid = geteuid();
  machine.gid = getegid();
  char folder[PATH_MAX];
  if (getcwd(folder, sizeof(folder)) != nullptr) machine.working_folder = folder;
  const char* const cache_home = getenv("XDG_CACHE_HOME");
  const char* const home = getenv("HOME");
  if (cache_home != nullptr && cache_home[0] == '/') {
    machine.cache_home = cache_home;
  } else if (home != nullptr && home[0] == '/') {
    machine.cache_home = absl::StrCat(home, "/.cache");
  }
  machine.memory_bytes = MemoryBytes("");
  machine.disk_bytes = &DiskBytes;
  return machine;
}

}  // namespace larder

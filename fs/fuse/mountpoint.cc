// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/mountpoint.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/errors.h"
#include "base/file.h"
#include "base/log.h"
#include "fs/fuse/mount_table.h"

extern char** environ;

namespace larder::fuse {
namespace {

constexpr char kDevice[] = "/dev/fuse";

absl::Status CheckEmptyFolder(const std::string& mountpoint) {
  struct stat st;
  if (stat(mountpoint.c_str(), &st) != 0) {
    if (errno == ENOENT) {
      return absl::NotFoundError(
          absl::StrCat("mountpoint ", mountpoint, " does not exist; mkdir it first"));
    }
    return ErrnoError(errno, absl::StrCat("mountpoint ", mountpoint));
  }
  if (!S_ISDIR(st.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat("mountpoint ", mountpoint, " is not a folder; name an empty folder"));
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(mountpoint.c_str()), closedir);
  if (folder == nullptr) return ErrnoError(errno, absl::StrCat("mountpoint ", mountpoint));
  while (const dirent* entry = readdir(folder.get())) {
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      return absl::FailedPreconditionError(absl::StrCat(
          "mountpoint ", mountpoint, " is not empty (it holds ", name, "); name an empty folder"));
    }
  }
  return absl::OkStatus();
}

// Where execvp would find it; empty: nowhere.
std::string FindFusermount() {
  const char* const path = getenv("PATH");
  for (absl::string_view folder : absl::StrSplit(
           absl::StrCat(path == nullptr ? "" : path, ":/usr/bin:/bin"), ':', absl::SkipEmpty())) {
    std::string program = absl::StrCat(folder, "/fusermount3");
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

absl::Status UnmountByFusermount(const std::string& mountpoint, bool lazy) {
  std::string program = FindFusermount();
  if (program.empty()) {
    return absl::UnavailableError("fusermount3 is missing: install the package fuse3");
  }
  std::string options = lazy ? "-uqz" : "-uq";
  std::string end = "--";
  std::string operand = mountpoint;
  std::vector<char*> argv = {program.data(), options.data(), end.data(), operand.data(), nullptr};
  pid_t pid = 0;
  if (const int error = posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv.data(), environ);
      error != 0) {
    return ErrnoError(error, program);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return ErrnoError(errno, program);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(mountpoint, " can't be unmounted: it is in use, or another user's"));
}

}  // namespace

bool HasAdminCapability() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {};
  if (syscall(SYS_capget, &header, sets) != 0) return false;
  return (sets[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
}

bool IsDeadMount(const std::string& mountpoint) {
  // Not stat: its answer may come from the kernel's cache. statfs always asks the daemon.
  struct statfs st;
  return statfs(mountpoint.c_str(), &st) != 0 && errno == ENOTCONN;
}

absl::Status Unmount(const std::string& mountpoint, bool lazy) {
  if (umount2(mountpoint.c_str(), UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0) {
    return absl::OkStatus();
  }
  if (errno == EBUSY) {
    return absl::FailedPreconditionError(absl::StrCat(mountpoint, " is in use (by whom: fuser -vm ",
                                                      mountpoint,
                                                      "); umount -l detaches it all the same"));
  }
  if (errno == EINVAL) return absl::NotFoundError(absl::StrCat(mountpoint, " is not mounted"));
  if (errno == EPERM && geteuid() != 0) return UnmountByFusermount(mountpoint, lazy);
  return ErrnoError(errno, absl::StrCat("unmounting ", mountpoint));
}

absl::Status CheckMountpoint(const std::string& mountpoint) {
  for (;;) {
    LARDER_ASSIGN_OR_RETURN(const std::vector<MountEntry> table, ReadMountTable());
    const auto mounted = FindMount(table, mountpoint);
    if (!mounted) break;
    const bool ours = mounted->type == kFilesystemType;
    if (!absl::StartsWith(mounted->type, "fuse") || !IsDeadMount(mountpoint)) {
      return absl::FailedPreconditionError(absl::StrCat(
          mountpoint, " is a mountpoint already, of ", mounted->source, " (", mounted->type,
          "); unmount that first: ", ours ? "larder umount " : "umount ", mountpoint));
    }
    const absl::Status gone =
        ours ? Unmount(mountpoint, /*lazy=*/true) : absl::FailedPreconditionError("not ours");
    if (!gone.ok()) {
      return absl::FailedPreconditionError(absl::StrCat("the daemon of an earlier mount at ",
                                                        mountpoint, " (", mounted->source,
                                                        ") died; run umount -l ", mountpoint));
    }
    LogWarning(
        absl::StrCat("took away what a larder daemon that died had left mounted at ", mountpoint));
  }
  return CheckEmptyFolder(mountpoint);
}

absl::Status CheckFuseDevice(bool allow_other) {
  if (access(kDevice, F_OK) != 0) {
    return absl::UnavailableError(
        "there is no /dev/fuse: run modprobe fuse (in a container: start it with "
        "--device /dev/fuse --cap-add SYS_ADMIN)");
  }
  if (geteuid() == 0) {
    const int fd = open(kDevice, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENODEV) {
      return absl::UnavailableError("the kernel has no FUSE: run modprobe fuse");
    }
    if (fd < 0) {
      return absl::PermissionDeniedError(
          absl::StrCat("/dev/fuse can't be opened (", strerror(errno),
                       "; in a container: start it with --device /dev/fuse --cap-add SYS_ADMIN)"));
    }
    close(fd);
    return absl::OkStatus();
  }
  if (access(kDevice, R_OK | W_OK) != 0) {
    return absl::PermissionDeniedError(
        "only root may open /dev/fuse here: root has to run chmod 666 /dev/fuse");
  }
  if (FindFusermount().empty()) {
    return absl::UnavailableError(
        "fusermount3 is missing, which mounts for users other than root: install the package "
        "fuse3");
  }
  if (allow_other) {
    const absl::StatusOr<std::string> settings = ReadFileToString("/etc/fuse.conf");
    bool allowed = false;
    if (settings.ok()) {
      for (absl::string_view line : absl::StrSplit(*settings, '\n')) {
        allowed = allowed || absl::StripAsciiWhitespace(line) == "user_allow_other";
      }
    }
    if (!allowed) {
      return absl::PermissionDeniedError(
          "--allow-other is not allowed to users here: root has to write the line "
          "user_allow_other to /etc/fuse.conf");
    }
  }
  return absl::OkStatus();
}

}  // namespace larder::fuse

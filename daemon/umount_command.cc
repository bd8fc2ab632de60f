// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/file.h"
#include "daemon/commands.h"
#include "daemon/control_client.h"
#include "daemon/runtime_folder.h"
#include "fs/fuse/mount_table.h"
#include "fs/fuse/mountpoint.h"

namespace larder {
namespace {

// Unmounting takes at most 10 s; a loaded machine gets more before it is called a failure.
constexpr int kEndTimeoutMs = 30'000;

// A descriptor that is readable when the daemon of `mountpoint` has ended; not open when there is
// none, or it can't be told.
File DaemonOf(const std::string& mountpoint) {
  const absl::StatusOr<std::string> socket = FindSocket(mountpoint);
  if (!socket.ok()) return File();
  const absl::StatusOr<File> connection = ConnectTo(*socket);
  if (!connection.ok()) return File();
  const int pid = PeerProcess(connection->fd());
  if (pid <= 0) return File();
  return File(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)), "pidfd");
}

}  // namespace

absl::Status RunUmount(const std::string& given) {
  LARDER_ASSIGN_OR_RETURN(const std::string mountpoint, fuse::ResolveMountpoint(given));
  LARDER_ASSIGN_OR_RETURN(const std::vector<fuse::MountEntry> table, fuse::ReadMountTable());
  const auto mounted = fuse::FindMount(table, mountpoint);
  if (!mounted) {
    return absl::NotFoundError(
        absl::StrCat(mountpoint, " is not mounted; `larder status` lists what is"));
  }
  if (mounted->type != fuse::kFilesystemType) {
    return absl::FailedPreconditionError(absl::StrCat(mountpoint, " is no larder mount but ",
                                                      mounted->type, "; use umount ", mountpoint));
  }
  if (fuse::IsDeadMount(mountpoint)) return fuse::Unmount(mountpoint, /*lazy=*/true);
  // Before the unmount: its socket goes with it.
  const File daemon = DaemonOf(mountpoint);
  LARDER_RETURN_IF_ERROR(fuse::Unmount(mountpoint, /*lazy=*/false));
  if (!daemon.is_open()) return absl::OkStatus();
  pollfd polled = {daemon.fd(), POLLIN, 0};
  int ready = 0;
  while ((ready = poll(&polled, 1, kEndTimeoutMs)) < 0 && errno == EINTR) continue;
  if (ready > 0) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat(mountpoint,
                                                  " is unmounted, but its daemon still runs after ",
                                                  kEndTimeoutMs / 1000, " s; its log says why"));
}

}  // namespace larder

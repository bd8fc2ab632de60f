// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_MOUNTPOINT_H_
#define LARDER_FS_FUSE_MOUNTPOINT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace larder::fuse {

// Whether a filesystem can be mounted at `mountpoint` (absolute, from ResolveMountpoint): an empty
// folder that nothing is mounted on. A mount whose larder daemon died is taken away first. Each
// error is one line that says what to do:
//   NotFound            no such folder
//   FailedPrecondition  no folder; not empty; something is mounted there; a dead mount that can't
//   be taken away PermissionDenied    the folder can't be looked into
absl::Status CheckMountpoint(const std::string& mountpoint);

// Whether this process may use FUSE at all: Unavailable (no /dev/fuse, no fusermount3),
// PermissionDenied
// (/dev/fuse is not permitted, --allow-other is not).
absl::Status CheckFuseDevice(bool allow_other);

// Unmounts; with `lazy` also what is in use (the kernel lets go of it when its last file is
// closed). Without root's privileges by fusermount3. FailedPrecondition: in use. NotFound: nothing
// is mounted there.
absl::Status Unmount(const std::string& mountpoint, bool lazy);

// True when the filesystem mounted at `mountpoint` has lost its daemon. Asks it.
bool IsDeadMount(const std::string& mountpoint);

// True when this process has CAP_SYS_ADMIN.
bool HasAdminCapability();

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_MOUNTPOINT_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_OPERATIONS_H_
#define LARDER_FS_FUSE_OPERATIONS_H_

#include "fs/fuse/fuse_library.h"

namespace larder::fuse {

// The kernel's requests; the session's user data is a Connection.
fuse_lowlevel_ops Operations();

// Its parts, by what they are about.
void AddNameOperations(
    fuse_lowlevel_ops* operations);  // lookup, getattr, readlink, xattr, statfs, forget
void AddFolderOperations(fuse_lowlevel_ops* operations);  // opendir, readdir, readdirplus
void AddFileOperations(fuse_lowlevel_ops* operations);    // open, read, release
void AddWriteRefusals(fuse_lowlevel_ops* operations);     // everything that writes: EROFS

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_OPERATIONS_H_

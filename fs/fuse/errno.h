// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_ERRNO_H_
#define LARDER_FS_FUSE_ERRNO_H_

#include "absl/status/status.h"

namespace larder::fuse {

// What a request asked about: decides what "not found" means to the caller.
enum class Subject {
  kName,   // LOOKUP: there is no such name (ENOENT)
  kInode,  // everything on an inode that was looked up: it is gone (ESTALE; the kernel looks the
           // path up again)
  kAttribute,  // GETXATTR: there is no such attribute (ENODATA)
};

// The one place where a status (base/errors.h) becomes an errno. 0 for OK, else positive.
int ErrnoOf(const absl::Status& status, Subject subject);

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_ERRNO_H_

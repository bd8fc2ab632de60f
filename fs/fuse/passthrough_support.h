// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_PASSTHROUGH_SUPPORT_H_
#define LARDER_FS_FUSE_PASSTHROUGH_SUPPORT_H_

#include <string>

namespace larder::fuse {

struct PassthroughConditions {
  bool wanted = true;              // --passthrough=auto
  bool admin = false;              // CAP_SYS_ADMIN
  std::string stacked_filesystem;  // the cache disk's type where it is a stacked one
  bool kernel = false;             // INIT offered it
};

// "on", or "off: " and why.
std::string PassthroughState(const PassthroughConditions& conditions);

// The name of the filesystem below `folder` where it is a stacked one, which the kernel refuses as
// a backing filesystem; empty where it is not, or `folder` can't be asked.
std::string StackedFilesystem(const std::string& folder);

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_PASSTHROUGH_SUPPORT_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/passthrough_support.h"

#include <linux/magic.h>
#include <sys/statfs.h>

#include "absl/strings/str_cat.h"

namespace larder::fuse {

std::string PassthroughState(const PassthroughConditions& conditions) {
  if (!conditions.wanted) return "off: --passthrough=off";
  if (!conditions.admin) return "off: needs CAP_SYS_ADMIN";
  if (!conditions.stacked_filesystem.empty()) {
    return absl::StrCat("off: the cache lies on ", conditions.stacked_filesystem,
                        ", a stacked filesystem; put --cache-dir on a disk");
  }
  if (!conditions.kernel) return "off: needs Linux 6.9 with CONFIG_FUSE_PASSTHROUGH";
  return "on";
}

std::string StackedFilesystem(const std::string& folder) {
  struct statfs st;
  if (statfs(folder.c_str(), &st) != 0) return "";
  switch (static_cast<unsigned long>(st.f_type)) {
    case OVERLAYFS_SUPER_MAGIC:
      return "overlayfs";
    case ECRYPTFS_SUPER_MAGIC:
      return "ecryptfs";
    default:
      return "";
  }
}

}  // namespace larder::fuse

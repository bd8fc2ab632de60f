// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_ATTRIBUTES_H_
#define LARDER_FS_FUSE_ATTRIBUTES_H_

#include <sys/stat.h>

#include "absl/time/time.h"
#include "fs/filesystem.h"

namespace larder::fuse {

// What every node of a dataset has in common.
struct Ownership {
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t umask = 022;  // taken from 0666 (files), 0777 (folders)
};

// A node as stat(2) shows it: blocks as if there were no holes, blocks of 1 MiB for readers that
// ask.
struct stat ToStat(const fs::Node& node, const Ownership& ownership);

// The type alone (S_IFREG, ...), for names without attributes.
mode_t TypeOf(remote::EntryKind kind);

// As the kernel's timeouts are: seconds; what is infinite becomes ten years.
double ToTimeout(absl::Duration valid_for);

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_ATTRIBUTES_H_

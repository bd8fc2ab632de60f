// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_FUSE_LIBRARY_H_
#define LARDER_FS_FUSE_FUSE_LIBRARY_H_

// libfuse's header with the one version of its interface that all of fs/fuse/ is written to.
#define FUSE_USE_VERSION 317
#include <fuse_lowlevel.h>

#endif  // LARDER_FS_FUSE_FUSE_LIBRARY_H_

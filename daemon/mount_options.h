// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_MOUNT_OPTIONS_H_
#define LARDER_DAEMON_MOUNT_OPTIONS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cache/cache.h"
#include "daemon/machine.h"
#include "fs/fuse/attributes.h"
#include "remote/store_factory.h"

namespace larder {

// The options of `larder mount` as they were written; empty or unset: the default.
struct MountArguments {
  std::string source;
  std::string mountpoint;
  bool foreground = false;
  std::string cache_dir;
  std::string cache_size;
  std::string min_free;
  std::string memory;
  std::string metadata_ttl;
  bool immutable = false;
  std::string endpoint_url;
  std::string region;
  std::string profile;
  bool anonymous = false;
  std::string ca_bundle;
  std::string header_file;
  std::string netrc_file;
  std::string uid;
  std::string gid;
  std::string umask;
  std::optional<bool> allow_other;
  std::string passthrough;
  std::string readahead;
  std::string log_level;
};

// The same, checked and complete: paths absolute, defaults filled in.
struct MountOptions {
  std::string source;      // canonical
  std::string mountpoint;  // from fuse::ResolveMountpoint
  bool foreground = false;
  remote::StoreOptions store;
  cache::CacheOptions cache;
  absl::Duration metadata_ttl = absl::Seconds(60);
  absl::Duration negative_ttl = absl::Seconds(5);
  bool immutable = false;
  fuse::Ownership ownership;
  bool allow_other = false;
  bool passthrough = true;
  bool readahead = true;
  std::string log_level = "info";
};

// The one place where options are checked. InvalidArgument names the option, what was given and
// what would be right; NotFound: a folder above the mountpoint is missing.
absl::StatusOr<MountOptions> CheckMountArguments(const MountArguments& arguments,
                                                 const Machine& machine);

}  // namespace larder

#endif  // LARDER_DAEMON_MOUNT_OPTIONS_H_

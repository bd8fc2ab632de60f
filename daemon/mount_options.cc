// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/mount_options.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/errors.h"
#include "daemon/duration.h"
#include "daemon/size.h"
#include "fs/fuse/mount_table.h"

namespace larder {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kGiB = 1 << 30;
constexpr uint64_t kLeastCacheBytes = 32 * kMiB;   // cache/cache.h
constexpr uint64_t kLeastMemoryBytes = 16 * kMiB;  // cache/cache.h
constexpr uint64_t kDefaultMemoryBytes = kGiB;
constexpr uint64_t kDefaultMemoryShare = 8;
constexpr uint64_t kDefaultMinFreeBytes = 20 * kGiB;
constexpr double kDefaultMinFreePercent = 5;
constexpr double kDefaultCachePercent = 50;

absl::Status BadOption(absl::string_view option, absl::string_view value, absl::string_view right) {
  return absl::InvalidArgumentError(absl::StrCat(option, " \"", value, "\": write ", right));
}

std::string MakeAbsolute(absl::string_view path, const Machine& machine) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  if (path.empty() || path.front() == '/') return std::string(path);
  return absl::StrCat(machine.working_folder, "/", path);
}

// A folder that was mounted below itself, or cached in itself, would have no end.
absl::Status CheckApart(const MountOptions& options) {
  if (options.source.front() != '/') return absl::OkStatus();
  std::error_code error;
  std::string source = std::filesystem::canonical(options.source, error).string();
  if (error) source = options.source;
  if (source.back() != '/') source.push_back('/');
  const struct {
    absl::string_view what;
    const std::string& path;
  } places[] = {{"the mountpoint", options.mountpoint}, {"--cache-dir", options.cache.folder}};
  for (const auto& place : places) {
    if (absl::StartsWith(absl::StrCat(place.path, "/"), source)) {
      return absl::InvalidArgumentError(absl::StrCat(place.what, " ", place.path,
                                                     " lies in the source ", options.source,
                                                     ": write one outside"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> SizeOption(absl::string_view option, const std::string& text,
                                    uint64_t disk_bytes) {
  const absl::StatusOr<Size> size = ParseSize(text);
  if (!size.ok()) return WithContext(size.status(), option);
  return size->Of(disk_bytes);
}

absl::Status CheckSizes(const MountArguments& arguments, const Machine& machine,
                        cache::CacheOptions* cache) {
  const absl::StatusOr<uint64_t> disk = machine.disk_bytes(cache->folder);
  if (!disk.ok()) return WithContext(disk.status(), "--cache-dir");
  cache->capacity_bytes = Size{.percent = kDefaultCachePercent}.Of(*disk);
  if (!arguments.cache_size.empty()) {
    LARDER_ASSIGN_OR_RETURN(cache->capacity_bytes,
                            SizeOption("--cache-size", arguments.cache_size, *disk));
  }
  if (cache->capacity_bytes < kLeastCacheBytes) {
    return BadOption("--cache-size", arguments.cache_size, "32MiB or more");
  }
  cache->min_free_bytes =
      std::min(Size{.percent = kDefaultMinFreePercent}.Of(*disk), kDefaultMinFreeBytes);
  if (!arguments.min_free.empty()) {
    LARDER_ASSIGN_OR_RETURN(cache->min_free_bytes,
                            SizeOption("--min-free", arguments.min_free, *disk));
  }
  cache->memory_bytes =
      std::max(kLeastMemoryBytes,
               machine.memory_bytes == 0
                   ? kDefaultMemoryBytes
                   : std::min(kDefaultMemoryBytes, machine.memory_bytes / kDefaultMemoryShare));
  if (!arguments.memory.empty()) {
    const absl::StatusOr<Size> size = ParseSize(arguments.memory);
    if (!size.ok() || size->percent != 0) {
      return BadOption("--memory", arguments.memory, "1GiB or a number of bytes");
    }
    cache->memory_bytes = size->bytes;
  }
  if (cache->memory_bytes < kLeastMemoryBytes) {
    return BadOption("--memory", arguments.memory, "16MiB or more");
  }
  return absl::OkStatus();
}

absl::Status CheckOwnership(const MountArguments& arguments, const Machine& machine,
                            fuse::Ownership* ownership) {
  ownership->uid = machine.uid;
  ownership->gid = machine.gid;
  if (!arguments.uid.empty() && !absl::SimpleAtoi(arguments.uid, &ownership->uid)) {
    const passwd* const user = getpwnam(arguments.uid.c_str());
    if (user == nullptr) return BadOption("--uid", arguments.uid, "a user's name or number");
    ownership->uid = user->pw_uid;
  }
  if (!arguments.gid.empty() && !absl::SimpleAtoi(arguments.gid, &ownership->gid)) {
    const group* const named = getgrnam(arguments.gid.c_str());
    if (named == nullptr) return BadOption("--gid", arguments.gid, "a group's name or number");
    ownership->gid = named->gr_gid;
  }
  if (!arguments.umask.empty()) {
    const char* const end = arguments.umask.data() + arguments.umask.size();
    unsigned umask = 0;
    const auto parsed = std::from_chars(arguments.umask.data(), end, umask, 8);
    if (parsed.ec != std::errc() || parsed.ptr != end || umask > 0777) {
      return BadOption("--umask", arguments.umask, "an octal mask such as 022");
    }
    ownership->umask = umask;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> AutoOrOff(absl::string_view option, const std::string& value) {
  if (value.empty() || value == "auto") return true;
  if (value == "off") return false;
  return BadOption(option, value, "auto or off");
}

absl::StatusOr<std::string> DefaultCacheFolder(const MountOptions& options,
                                               const Machine& machine) {
  // Of source and mountpoint: two mounts of one source do not share a folder, which only one daemon
  // can have.
  const std::string name = Digest::Of({options.source, options.mountpoint}).ToHex().substr(0, 16);
  if (machine.uid == 0) return absl::StrCat("/var/cache/larder/", name);
  if (machine.cache_home.empty()) {
    return absl::InvalidArgumentError(
        "--cache-dir is needed: neither XDG_CACHE_HOME nor HOME is set");
  }
  return absl::StrCat(machine.cache_home, "/larder/", name);
}

absl::Status CheckLogLevel(const std::string& level) {
  for (const absl::string_view known : {"debug", "info", "warning", "error"}) {
    if (level == known) return absl::OkStatus();
  }
  return BadOption("--log-level", level, "debug, info, warning or error");
}

}  // namespace

absl::StatusOr<MountOptions> CheckMountArguments(const MountArguments& arguments,
                                                 const Machine& machine) {
  MountOptions options;
  LARDER_ASSIGN_OR_RETURN(options.source, remote::CanonicalSource(arguments.source));
  const absl::StatusOr<std::string> mountpoint = fuse::ResolveMountpoint(arguments.mountpoint);
  if (!mountpoint.ok()) return WithContext(mountpoint.status(), "mountpoint");
  options.mountpoint = *mountpoint;
  options.foreground = arguments.foreground;

  options.store.source = options.source;
  options.store.endpoint_url = arguments.endpoint_url;
  options.store.region = arguments.region;
  options.store.profile = arguments.profile;
  options.store.anonymous = arguments.anonymous;
  options.store.ca_bundle = MakeAbsolute(arguments.ca_bundle, machine);
  options.store.header_file = MakeAbsolute(arguments.header_file, machine);
  options.store.netrc_file = MakeAbsolute(arguments.netrc_file, machine);

  options.cache.folder = MakeAbsolute(arguments.cache_dir, machine);
  if (options.cache.folder.empty()) {
    LARDER_ASSIGN_OR_RETURN(options.cache.folder, DefaultCacheFolder(options, machine));
  }
  LARDER_RETURN_IF_ERROR(CheckApart(options));
  LARDER_RETURN_IF_ERROR(CheckSizes(arguments, machine, &options.cache));

  if (!arguments.metadata_ttl.empty()) {
    const absl::StatusOr<absl::Duration> ttl = ParseDuration(arguments.metadata_ttl);
    if (!ttl.ok()) return WithContext(ttl.status(), "--metadata-ttl");
    options.metadata_ttl = *ttl;
  }
  options.negative_ttl = std::min(options.negative_ttl, options.metadata_ttl);
  options.immutable = arguments.immutable;
  LARDER_RETURN_IF_ERROR(CheckOwnership(arguments, machine, &options.ownership));
  options.allow_other = arguments.allow_other.value_or(machine.uid == 0);
  LARDER_ASSIGN_OR_RETURN(options.passthrough, AutoOrOff("--passthrough", arguments.passthrough));
  LARDER_ASSIGN_OR_RETURN(options.readahead, AutoOrOff("--readahead", arguments.readahead));
  if (!arguments.log_level.empty()) options.log_level = arguments.log_level;
  LARDER_RETURN_IF_ERROR(CheckLogLevel(options.log_level));
  return options;
}

}  // namespace larder

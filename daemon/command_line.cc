// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/command_line.h"

#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/version.h"
#include "daemon/commands.h"

namespace larder {
namespace {

constexpr char kSources[] =
    "s3://bucket/prefix, http(s)://host/path/, http(s)://host/shard-{000000..000146}.tar, "
    "file:///path or /path";

void AddCacheOptions(CLI::App* app, MountArguments* arguments) {
  app->add_option("--cache-dir", arguments->cache_dir,
                  "Where what is read is kept (default: a folder of its own in /var/cache/larder, "
                  "for users in ~/.cache/larder)")
      ->type_name("DIR")
      ->group("Cache");
  app->add_option("--cache-size", arguments->cache_size,
                  "At most so much of it: 100GiB, or 50% of the disk (default 50%)")
      ->type_name("SIZE")
      ->group("Cache");
  app->add_option("--min-free", arguments->min_free,
                  "Leave so much of the disk free (default 5%, at most 20GiB)")
      ->type_name("SIZE")
      ->group("Cache");
  app->add_option("--memory", arguments->memory,
                  "For all buffers (default 1GiB, at most an eighth of the memory)")
      ->type_name("SIZE")
      ->group("Cache");
  app->add_option("--readahead", arguments->readahead, "auto, or off: load only what is read")
      ->type_name("auto|off")
      ->group("Cache");
}

void AddRemoteOptions(CLI::App* app, MountArguments* arguments) {
  app->add_option("--metadata-ttl", arguments->metadata_ttl,
                  "How old names and attributes may be: 30s, 5m, infinite (default 60s)")
      ->type_name("DURATION")
      ->group("Remote");
  app->add_flag("--immutable", arguments->immutable, "Nothing on the remote ever changes")
      ->group("Remote");
  app->add_option("--endpoint-url", arguments->endpoint_url, "S3: the server, if not Amazon's")
      ->type_name("URL")
      ->group("Remote");
  app->add_option("--region", arguments->region, "S3: the region")
      ->type_name("NAME")
      ->group("Remote");
  app->add_option("--profile", arguments->profile, "S3: the profile in ~/.aws")
      ->type_name("NAME")
      ->group("Remote");
  app->add_flag("--anonymous", arguments->anonymous, "S3: sign nothing")->group("Remote");
  app->add_option("--ca-bundle", arguments->ca_bundle,
                  "Trust these CAs instead of the system's (PEM)")
      ->type_name("FILE")
      ->group("Remote");
  app->add_option("--header-file", arguments->header_file, "HTTP: send these \"Name: value\" lines")
      ->type_name("FILE")
      ->group("Remote");
  app->add_option("--netrc-file", arguments->netrc_file, "HTTP: user names and passwords by host")
      ->type_name("FILE")
      ->group("Remote");
}

void AddMountOptions(CLI::App* app, MountArguments* arguments) {
  app->add_flag("-f,--foreground", arguments->foreground, "Stay in the foreground, log to stderr")
      ->group("Mount");
  app->add_option("--uid", arguments->uid, "Owner of every file (default: you)")
      ->type_name("USER")
      ->group("Mount");
  app->add_option("--gid", arguments->gid, "Group of every file (default: yours)")
      ->type_name("GROUP")
      ->group("Mount");
  app->add_option("--umask", arguments->umask, "Permissions to take away (default 022)")
      ->type_name("MASK")
      ->group("Mount");
  // Two flags, not one with its negation: CLI11 would set that to false where neither is given.
  app->add_flag_callback(
         "--allow-other", [arguments] { arguments->allow_other = true; },
         "Let other users in (default: when root)")
      ->group("Mount");
  app->add_flag_callback(
         "--no-allow-other", [arguments] { arguments->allow_other = false; }, "Keep them out")
      ->group("Mount");
  app->add_option("--passthrough", arguments->passthrough,
                  "auto: the kernel reads complete files itself where it can; off")
      ->type_name("auto|off")
      ->group("Mount");
  app->add_option("--log-level", arguments->log_level, "debug, info, warning or error")
      ->type_name("LEVEL")
      ->group("Mount");
}

CLI::App* AddMount(CLI::App* app, MountArguments* arguments) {
  CLI::App* const mount =
      app->add_subcommand("mount", "Mount a dataset; returns when the mount is ready");
  mount->add_option("SOURCE", arguments->source, kSources)->required()->type_name("");
  mount->add_option("MOUNTPOINT", arguments->mountpoint, "An empty folder")
      ->required()
      ->type_name("");
  AddMountOptions(mount, arguments);
  AddCacheOptions(mount, arguments);
  AddRemoteOptions(mount, arguments);
  mount->footer(
      "Without -f its log is NAME.log in /run/larder, for users in $XDG_RUNTIME_DIR/larder.");
  return mount;
}

std::string OneLine(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\n", " "}, {"\r", " "}});
}

int Finish(const absl::Status& status) {
  if (status.ok()) return kExitDone;
  fprintf(stderr, "larder: %s\n", OneLine(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed;
}

// CLI11 throws where parsing ends: to print help, too.
int FinishParsing(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  std::string command = "larder";
  for (const CLI::App* parsed : app.get_subcommands())
    absl::StrAppend(&command, " ", parsed->get_name());
  fprintf(stderr, "larder: %s; %s --help says more\n", OneLine(error.what()).c_str(),
          command.c_str());
  return kExitUsage;
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv) {
  CLI::App app("Larder: mounts remote datasets and keeps what is read on local disk", "larder");
  app.set_version_flag("--version", absl::StrCat("larder ", kVersion));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);

  MountArguments mount_arguments;
  CLI::App* const mount = AddMount(&app, &mount_arguments);

  std::string umount_mountpoint;
  CLI::App* const umount =
      app.add_subcommand("umount", "Unmount, and wait until the daemon has ended");
  umount->add_option("MOUNTPOINT", umount_mountpoint)->required()->type_name("");

  StatusArguments status_arguments;
  CLI::App* const status = app.add_subcommand("status", "Show what is mounted, cached and fetched");
  status->add_option("MOUNTPOINT", status_arguments.mountpoint, "Only this one")->type_name("");
  status->add_flag("--json", status_arguments.json,
                   "For programs: an object, or without MOUNTPOINT an array");

  std::vector<std::string> warm_paths;
  CLI::App* const warm =
      app.add_subcommand("warm", "Fetch all that is at and below some paths into the cache");
  warm->add_option("PATH", warm_paths, "Files and folders on a mount")->required()->type_name("");

  struct PathCommand {
    const char* name;
    const char* help;
    absl::Status (*run)(const std::vector<std::string>& paths);
    std::vector<std::string> paths;
    CLI::App* app = nullptr;
  };
  PathCommand path_commands[] = {
      {"evict", "Free what is cached at and below some paths", RunEvict, {}},
      {"pin", "Never evict what is cached at and below some paths, now or later", RunPin, {}},
      {"unpin", "Undo a pin of the same paths", RunUnpin, {}},
      {"refresh",
       "Ask the remote again for names and attributes at and below some paths",
       RunRefresh,
       {}},
  };
  for (PathCommand& command : path_commands) {
    command.app = app.add_subcommand(command.name, command.help);
    command.app->add_option("PATH", command.paths, "Files and folders on a mount")
        ->required()
        ->type_name("");
  }
  VerifyArguments verify_arguments;
  CLI::App* const verify =
      app.add_subcommand("verify", "Read every cached byte against its checksum");
  verify
      ->add_option("MOUNTPOINT", verify_arguments.mountpoint,
                   "The cache of this mount (default: of all of yours)")
      ->type_name("");
  verify->add_option("--cache-dir", verify_arguments.cache_dir, "This cache, mounted or not")
      ->type_name("DIR");
  verify->add_flag("--repair", verify_arguments.repair,
                   "Drop what is bad, and fetch it again where it is mounted");

  std::string dropped_cache_dir;
  CLI::App* const drop_cache =
      app.add_subcommand("drop-cache", "Empty a cache folder that no daemon uses");
  drop_cache->add_option("--cache-dir", dropped_cache_dir, "This one")
      ->required()
      ->type_name("DIR");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return FinishParsing(app, error);
  }
  if (mount->parsed()) return Finish(RunMount(mount_arguments));
  if (umount->parsed()) return Finish(RunUmount(umount_mountpoint));
  if (status->parsed()) return Finish(RunStatus(status_arguments));
  if (warm->parsed()) return Finish(RunWarm(warm_paths));
  for (const PathCommand& command : path_commands) {
    if (command.app->parsed()) return Finish(command.run(command.paths));
  }
  if (verify->parsed()) return Finish(RunVerify(verify_arguments));
  if (drop_cache->parsed()) return Finish(RunDropCache(dropped_cache_dir));
  return kExitUsage;
}

}  // namespace larder

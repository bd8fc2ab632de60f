// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/file.h"
#include "base/log.h"
#include "daemon/background.h"
#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/runtime_folder.h"

namespace larder {
namespace {

// A descriptor for each open object and connection; what systemd gives at most.
constexpr rlim_t kDescriptors = 1 << 20;
// Each of up to 60 threads would have one of its own, and keep what it once needed.
constexpr int kMallocArenas = 4;
constexpr int kLogCheckMs = 10'000;

void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlimit wanted = {std::max(limit.rlim_max, kDescriptors),
                         std::max(limit.rlim_max, kDescriptors)};
  if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;
  limit.rlim_cur = limit.rlim_max;  // without root's privileges no more than that
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

// The signals that end the daemon, to be read from the descriptor. Before threads start, which
// inherit the mask.
absl::StatusOr<File> TakeSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  const int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return ErrnoError(errno, "signalfd");
  return File(fd, "signalfd");
}

// Waits for a signal or the end of the mount.
void WaitForEnd(const File& signals, const File& ended, const Background* background) {
  for (;;) {
    pollfd polled[] = {{signals.fd(), POLLIN, 0}, {ended.fd(), POLLIN, 0}};
    const int ready = poll(polled, 2, kLogCheckMs);
    if (background != nullptr) background->RotateLog();
    if (ready > 0) break;
  }
  signalfd_siginfo taken;
  if (read(signals.fd(), &taken, sizeof(taken)) == sizeof(taken)) {
    LogInfo(absl::StrCat("ending on signal ", taken.ssi_signo));
  }
}

// `background` is null in the foreground.
absl::Status Serve(const MountOptions& options, Background* background) {
  mallopt(M_ARENA_MAX, kMallocArenas);
  RaiseDescriptorLimit();
  LARDER_ASSIGN_OR_RETURN(const File signals, TakeSignals());
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) return ErrnoError(errno, "eventfd");
  const File ended(event, "eventfd");
  absl::StatusOr<std::unique_ptr<Daemon>> daemon =
      Daemon::Start(options, [event] { (void)eventfd_write(event, 1); });
  if (!daemon.ok()) return daemon.status();
  LogInfo(absl::StrCat("mounted ", options.source, " at ", options.mountpoint, ", cache ",
                       options.cache.folder));
  if (background != nullptr && !background->Report(absl::OkStatus())) {
    return absl::CancelledError("larder mount was killed before the mount was ready");
  }
  WaitForEnd(signals, ended, background);
  *daemon = nullptr;
  LogInfo(absl::StrCat("unmounted ", options.mountpoint));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunMount(const MountArguments& arguments) {
  LARDER_ASSIGN_OR_RETURN(const MountOptions options,
                          CheckMountArguments(arguments, ThisMachine()));
  LARDER_RETURN_IF_ERROR(SetLogLevel(options.log_level));
  if (options.foreground) return Serve(options, nullptr);

  LARDER_ASSIGN_OR_RETURN(const std::string folder, MakeRuntimeFolder());
  LARDER_ASSIGN_OR_RETURN(
      Background background,
      Background::Fork(absl::StrCat(folder, "/", EscapeMountpoint(options.mountpoint), ".log")));
  if (background.side() == Background::Side::kParent) return background.WaitForDaemon();
  const absl::Status served = Serve(options, &background);
  if (!served.ok()) {
    LogError(served.message());
    background.Report(served);
  }
  _exit(served.ok() ? 0 : 1);  // the parent has said why
}

}  // namespace larder

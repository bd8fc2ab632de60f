// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/session.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "base/errors.h"
#include "base/file.h"
#include "base/log.h"
#include "fs/fuse/connection.h"
#include "fs/fuse/fuse_library.h"
#include "fs/fuse/inode_pruner.h"
#include "fs/fuse/mount_table.h"
#include "fs/fuse/mountpoint.h"
#include "fs/fuse/operations.h"

namespace larder::fuse {
namespace {

// Sequential readers come as 1 MiB READs; with 4 MiB random mmap touches cost 20 times more
// (docs/architecture.md).
constexpr char kReadAheadKib[] = "1024";
// How long Stop() hopes that the mount's users let go of it.
constexpr absl::Duration kBusyPatience = absl::Seconds(1);
constexpr absl::Duration kBusyRetry = absl::Milliseconds(50);

// What the library says goes to our log. Its complaints while mounting are kept for the error's
// text, too.
Mutex library_log_mutex;
std::string* library_complaint ABSL_GUARDED_BY(library_log_mutex) = nullptr;

void LibraryLog(fuse_log_level level, const char* format, va_list arguments) {
  char line[512];
  vsnprintf(line, sizeof(line), format, arguments);
  const absl::string_view text = absl::StripAsciiWhitespace(line);
  {
    MutexLock lock(&library_log_mutex);
    if (library_complaint != nullptr) {
      absl::StrAppend(library_complaint, library_complaint->empty() ? "" : "; ", text);
      return;
    }
  }
  Log(level <= FUSE_LOG_ERR ? LogLevel::kWarning : LogLevel::kDebug, text);
}

class FuseArguments {
 public:
  FuseArguments() { Add("larder"); }
  ~FuseArguments() { fuse_opt_free_args(&arguments_); }
  FuseArguments(const FuseArguments&) = delete;
  FuseArguments& operator=(const FuseArguments&) = delete;
  void Add(const std::string& argument) { fuse_opt_add_arg(&arguments_, argument.c_str()); }
  fuse_args* get() { return &arguments_; }

 private:
  fuse_args arguments_ = FUSE_ARGS_INIT(0, nullptr);
};

// Commas part the options of a mount, backslashes keep them from it.
std::string EscapeOption(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {",", "\\,"}});
}

// Keeps what is written to standard error in this scope: fusermount3 explains itself there.
class CapturedErrors {
 public:
  CapturedErrors()
      : memory_(memfd_create("larder-stderr", MFD_CLOEXEC)),
        saved_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) {
    if (memory_ >= 0 && saved_ >= 0) dup2(memory_, STDERR_FILENO);
  }
  ~CapturedErrors() {
    Finish();
    if (memory_ >= 0) close(memory_);
  }
  CapturedErrors(const CapturedErrors&) = delete;
  CapturedErrors& operator=(const CapturedErrors&) = delete;

  std::string Finish() {
    if (saved_ >= 0) {
      dup2(saved_, STDERR_FILENO);
      close(std::exchange(saved_, -1));
    }
    if (memory_ < 0) return "";
    char text[512];
    const ssize_t length = pread(memory_, text, sizeof(text), 0);
    return length > 0 ? std::string(text, static_cast<size_t>(length)) : "";
  }

 private:
  const int memory_;
  int saved_;
};

class FuseSession final : public Session {
 public:
  FuseSession(const SessionOptions& options, fs::Filesystem* filesystem, DatasetCounters* counters)
      : connection_(options, filesystem, counters, HasAdminCapability(),
                    static_cast<uint64_t>(absl::GetCurrentTimeNanos())) {}
  ~FuseSession() override;

  absl::Status Start();
  absl::Status Serve() override;
  absl::Status WaitUntilReady() override;
  void Stop() override;
  void Invalidate(const std::vector<fs::Filesystem::KernelName>& names) override;
  void DropPages(fs::InodeNumber inode) override;
  std::string passthrough_state() const override { return connection_.passthrough_state(); }

 private:
  const std::string& mountpoint() const { return connection_.options.mountpoint; }
  // Whether our mount is still on top at the mountpoint.
  bool IsMounted() const;
  void RaiseReadAhead() const;
  // Ends the connection without touching what is mounted at the mountpoint now.
  void CloseDevice();

  Connection connection_;
  fuse_session* session_ = nullptr;
  std::string device_;  // MAJ:MIN of the mount
  std::atomic<bool> serving_{false};
  std::atomic<pthread_t> server_{};
};

std::string MountFailure(absl::string_view library, absl::string_view fusermount) {
  std::string reason(absl::StripAsciiWhitespace(fusermount));
  reason = reason.substr(0, reason.find('\n'));
  if (reason.empty()) reason = std::string(library);
  if (geteuid() == 0 && !HasAdminCapability()) {
    return "mounting needs CAP_SYS_ADMIN (in a container: start it with --device /dev/fuse "
           "--cap-add SYS_ADMIN)";
  }
  return reason.empty() ? "no reason given" : reason;
}

absl::Status FuseSession::Start() {
  const SessionOptions& options = connection_.options;
  FuseArguments arguments;
  arguments.Add("-oro,nodev,nosuid,default_permissions");
  arguments.Add("-osubtype=larder");
  arguments.Add(absl::StrCat("-ofsname=", EscapeOption(options.source)));
  if (options.allow_other) arguments.Add("-oallow_other");

  const fuse_lowlevel_ops operations = Operations();
  std::string complaint;
  {
    MutexLock lock(&library_log_mutex);
    library_complaint = &complaint;
  }
  fuse_set_log_func(&LibraryLog);
  session_ = fuse_session_new(arguments.get(), &operations, sizeof(operations), &connection_);
  bool mounted = false;
  std::string fusermount;
  if (session_ != nullptr) {
    CapturedErrors errors;
    mounted = fuse_session_mount(session_, mountpoint().c_str()) == 0;
    fusermount = errors.Finish();
  }
  {
    MutexLock lock(&library_log_mutex);
    library_complaint = nullptr;
  }
  if (!mounted) {
    if (session_ != nullptr) fuse_session_destroy(std::exchange(session_, nullptr));
    return absl::PermissionDeniedError(absl::StrCat(
        "mounting at ", mountpoint(), " failed: ", MountFailure(complaint, fusermount)));
  }
  connection_.backing_files = std::make_unique<KernelBackingFiles>(fuse_session_fd(session_));
  LARDER_ASSIGN_OR_RETURN(const std::vector<MountEntry> table, ReadMountTable());
  if (const auto entry = FindMount(table, mountpoint())) device_ = entry->device;
  return absl::OkStatus();
}

absl::Status FuseSession::Serve() {
  // Stop() wakes this thread with it, where the library does not by itself (before 3.18).
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, nullptr);
  server_.store(pthread_self());
  serving_.store(true);

  fuse_loop_config* const config = fuse_loop_cfg_create();
  fuse_loop_cfg_set_clone_fd(
      config,
      0);  // a new daemon could not take such a connection over (docs/architecture.md)
  fuse_loop_cfg_set_max_threads(config, static_cast<unsigned>(connection_.options.max_threads));
  fuse_loop_cfg_set_idle_threads(config, static_cast<unsigned>(connection_.options.max_threads));
  std::optional<InodePruner> pruner;
  pruner.emplace(fuse_session_fd(session_), connection_.filesystem);
  const int result = fuse_session_loop_mt(session_, config);
  pruner.reset();
  fuse_loop_cfg_destroy(config);

  serving_.store(false);
  connection_.pending.Abandon(ENOTCONN);
  if (result < 0) return ErrnoError(-result, absl::StrCat("serving ", mountpoint()));
  return absl::OkStatus();
}

absl::Status FuseSession::WaitUntilReady() {
  struct stat st;
  if (stat(mountpoint().c_str(), &st) != 0) {
    return ErrnoError(errno, absl::StrCat("the root of ", mountpoint(), " does not answer"));
  }
  RaiseReadAhead();
  return absl::OkStatus();
}

void FuseSession::RaiseReadAhead() const {
  // After the first answer: the kernel's handling of INIT sets it, to what it offered at most.
  if (geteuid() != 0 || device_.empty()) return;
  const std::string path = absl::StrCat("/sys/class/bdi/", device_, "/read_ahead_kb");
  absl::StatusOr<File> file = File::Open(path, O_WRONLY);
  absl::Status status = file.status();
  if (file.ok()) status = file->WriteAt(0, {kReadAheadKib, sizeof(kReadAheadKib) - 1});
  if (!status.ok()) LogInfo(absl::StrCat("read-ahead stays at 128 KiB: ", status.message()));
}

bool FuseSession::IsMounted() const {
  const absl::StatusOr<std::vector<MountEntry>> table = ReadMountTable();
  if (!table.ok()) return true;
  const auto entry = FindMount(*table, mountpoint());
  return entry && entry->type == kFilesystemType && entry->device == device_;
}

void FuseSession::Stop() {
  const absl::Time patience = absl::Now() + kBusyPatience;
  while (IsMounted() && !Unmount(mountpoint(), /*lazy=*/false).ok()) {
    if (absl::Now() > patience) {
      // The destructor detaches it.
      LogWarning(absl::StrCat(mountpoint(), " is in use, unmounted all the same"));
      break;
    }
    absl::SleepFor(kBusyRetry);
  }
  fuse_session_exit(session_);
  while (serving_.load()) {
    pthread_kill(server_.load(), SIGUSR1);
    absl::SleepFor(kBusyRetry);
  }
}

void FuseSession::Invalidate(const std::vector<fs::Filesystem::KernelName>& names) {
  for (const auto& name : names) {
    if (!serving_.load()) return;
    if (name.kind == remote::EntryKind::kFolder) {
      // Not its name: a process may stand in it.
      connection_.listings.Drop(name.inode);
      (void)fuse_lowlevel_notify_inval_inode(session_, name.inode, -1, 0);
    } else if (name.parent != 0) {
      (void)fuse_lowlevel_notify_inval_entry(session_, name.parent, name.name.c_str(),
                                             name.name.size());
    }
  }
}

void FuseSession::DropPages(fs::InodeNumber inode) {
  if (serving_.load()) (void)fuse_lowlevel_notify_inval_inode(session_, inode, 0, 0);
}

void FuseSession::CloseDevice() {
  // The library unmounts whatever is there, unless the device reports an error. Detached (umount
  // -l) with files open, it does not; the write end of a broken pipe in its place does.
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  close(ends[0]);
  dup3(ends[1], fuse_session_fd(session_), O_CLOEXEC);
  close(ends[1]);
}

FuseSession::~FuseSession() {
  if (session_ == nullptr) return;
  if (IsMounted()) {
    fuse_session_unmount(session_);
    // After an abort of the connection the library leaves the mount behind.
    if (IsMounted()) (void)Unmount(mountpoint(), /*lazy=*/true);
  } else {
    CloseDevice();
    fuse_session_unmount(session_);
  }
  fuse_session_destroy(session_);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::Mount(const SessionOptions& options,
                                                        fs::Filesystem* filesystem,
                                                        DatasetCounters* counters) {
  LARDER_RETURN_IF_ERROR(CheckFuseDevice(options.allow_other));
  LARDER_RETURN_IF_ERROR(CheckMountpoint(options.mountpoint));
  auto session = std::make_unique<FuseSession>(options, filesystem, counters);
  LARDER_RETURN_IF_ERROR(session->Start());
  return session;
}

}  // namespace larder::fuse

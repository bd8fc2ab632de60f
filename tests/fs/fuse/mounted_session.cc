// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/fs/fuse/mounted_session.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/time/clock.h"
#include "fs/fuse/mountpoint.h"

extern char** environ;

namespace larder::fuse {

void MountedSession::SetUp() {
  if (!HasAdminCapability()) GTEST_SKIP() << "mounting here needs CAP_SYS_ADMIN";
  if (const absl::Status device = CheckFuseDevice(false); !device.ok()) {
    GTEST_SKIP() << device.message();
  }
  char name[] = "/tmp/larder-session-XXXXXX";
  folder_ = mkdtemp(name);
  mountpoint_ = folder_ + "/mnt";
  ASSERT_EQ(mkdir(mountpoint_.c_str(), 0700), 0);
}

void MountedSession::TearDown() {
  if (session_ != nullptr) {
    session_->Stop();
    server_.join();
    EXPECT_TRUE(served_.ok()) << served_;
    session_.reset();
  }
  for (const int fd : local_files_) close(fd);
  if (!folder_.empty()) {
    umount2(mountpoint_.c_str(), MNT_DETACH);
    std::filesystem::remove_all(folder_);
  }
}

SessionOptions MountedSession::DefaultOptions() const {
  SessionOptions options;
  options.source = "fake://a,b\\c d";
  options.mountpoint = mountpoint_;
  options.cache_folder = folder_;
  return options;
}

void MountedSession::Mount(const SessionOptions& options) {
  absl::StatusOr<std::unique_ptr<Session>> session =
      Session::Mount(options, &filesystem_, &counters_);
  ASSERT_TRUE(session.ok()) << session.status();
  session_ = *std::move(session);
  server_ = std::thread([this] { served_ = session_->Serve(); });
  const absl::Status ready = session_->WaitUntilReady();
  ASSERT_TRUE(ready.ok()) << ready;
}

void MountedSession::Unmount() {
  ASSERT_EQ(umount2(mountpoint_.c_str(), 0), 0) << strerror(errno);
  server_.join();
  EXPECT_TRUE(served_.ok()) << served_;
  session_.reset();
}

int MountedSession::LocalFile(const std::string& content) {
  const std::string path = folder_ + "/local-" + std::to_string(local_files_.size());
  std::ofstream(path) << content;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_GE(fd, 0);
  local_files_.push_back(fd);
  return fd;
}

pid_t Spawn(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  EXPECT_EQ(posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

absl::Duration KillAndWait(pid_t pid, int signal) {
  const absl::Time start = absl::Now();
  EXPECT_EQ(kill(pid, signal), 0);
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFSIGNALED(status));
  return absl::Now() - start;
}

}  // namespace larder::fuse

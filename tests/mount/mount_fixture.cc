// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/mount/mount_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/time/clock.h"
#include "daemon/runtime_folder.h"
#include "fs/fuse/mountpoint.h"

namespace larder::testing {

void MountTest::SetUp() {
  const char* const binary = getenv("LARDER_BINARY");
  if (binary == nullptr) GTEST_SKIP() << "LARDER_BINARY is not set; run this through ctest";
  binary_ = binary;
  if (!fuse::HasAdminCapability()) GTEST_SKIP() << "mounting here needs CAP_SYS_ADMIN";
  if (const absl::Status device = fuse::CheckFuseDevice(false); !device.ok()) {
    GTEST_SKIP() << device.message();
  }
  remote_ = folder_.path() + "/remote";
  mountpoint_ = folder_.path() + "/mnt";
  cache_ = folder_.path() + "/cache";
  runtime_ = folder_.path() + "/run";
  source_ = remote_;
  for (const std::string& folder : {remote_, mountpoint_, runtime_}) {
    ASSERT_EQ(mkdir(folder.c_str(), 0700), 0) << strerror(errno);
  }
}

void MountTest::TearDown() {
  if (daemon_ != nullptr) {
    daemon_->Signal(SIGTERM);
    const auto ended = daemon_->Wait();
    EXPECT_TRUE(ended.has_value()) << "the daemon does not end: " << daemon_->Errors();
    if (ended) {
      EXPECT_EQ(ended->exit_status, 0) << ended->errors;
    }
    daemon_ = nullptr;
  }
  // The last resort, so that the folder can be removed.
  if (!mountpoint_.empty()) umount2(mountpoint_.c_str(), MNT_DETACH);
}

void MountTest::WriteRemote(const std::string& path, const std::string& content) {
  const std::filesystem::path full = RemotePath(path);
  std::filesystem::create_directories(full.parent_path());
  std::ofstream(full, std::ios::binary) << content;
}

void MountTest::Mount(const std::vector<std::string>& options) {
  std::vector<std::string> arguments = {binary_,     "mount",       "-f",  source_,
                                        mountpoint_, "--cache-dir", cache_};
  arguments.insert(arguments.end(), options.begin(), options.end());
  daemon_ = std::make_unique<Program>(arguments, Environment());
  // The link to its socket comes last, when the root answers. One that is there already is of a
  // daemon that was killed.
  const std::string link = SocketLink(runtime_, mountpoint_);
  const std::string socket = std::to_string(daemon_->pid()) + ".sock";
  ASSERT_TRUE(Eventually([&] {
    std::error_code error;
    return std::filesystem::read_symlink(link, error) == socket ||
           daemon_->Wait(absl::ZeroDuration()).has_value();
  })) << daemon_->Errors();
  const auto ended = daemon_->Wait(absl::ZeroDuration());
  if (ended) {
    daemon_ = nullptr;
    FAIL() << "larder mount ended with status " << ended->exit_status << ": " << ended->errors;
  }
}

void MountTest::Unmount() {
  ASSERT_NE(daemon_, nullptr);
  ASSERT_EQ(umount2(mountpoint_.c_str(), 0), 0) << strerror(errno);
  const auto ended = daemon_->Wait();
  ASSERT_TRUE(ended.has_value()) << "the daemon does not end: " << daemon_->Errors();
  EXPECT_EQ(ended->exit_status, 0) << ended->errors;
  daemon_ = nullptr;
}

void MountTest::Kill() {
  ASSERT_NE(daemon_, nullptr);
  daemon_->Signal(SIGKILL);
  ASSERT_TRUE(daemon_->Wait().has_value());
  daemon_ = nullptr;
  umount2(mountpoint_.c_str(), MNT_DETACH);
}

Ended MountTest::Larder(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {binary_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunToEnd(all, Environment());
}

nlohmann::json MountTest::Status() const {
  const Ended status = Larder({"status", mountpoint_, "--json"});
  EXPECT_EQ(status.exit_status, 0) << status.errors;
  nlohmann::json json = nlohmann::json::parse(status.output, nullptr, false);
  EXPECT_TRUE(json.is_object()) << status.output;
  return json;
}

std::string Pattern(size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string content(size, '\0');
  for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
    const uint64_t word = random();
    memcpy(content.data() + i, &word, std::min(sizeof(word), size - i));
  }
  return content;
}

void DropPageCache(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0) << path << ": " << strerror(errno);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  close(fd);
}

}  // namespace larder::testing

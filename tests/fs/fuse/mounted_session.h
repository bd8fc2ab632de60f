// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_FS_FUSE_MOUNTED_SESSION_H_
#define LARDER_TESTS_FS_FUSE_MOUNTED_SESSION_H_

#include <gtest/gtest.h>
#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fs/fuse/session.h"
#include "tests/fs/fuse/fake_filesystem.h"
#include "tests/testing/seen_files.h"

namespace larder::fuse {

// A fake filesystem behind a real session and a real mount, in this process. Skips where this
// process may not mount.
class MountedSession : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  SessionOptions DefaultOptions() const;
  // Mounts and waits until the root answers.
  void Mount() { Mount(DefaultOptions()); }
  void Mount(const SessionOptions& options);
  // Unmounts as umount(8) does and checks that the session ends well.
  void Unmount();

  std::string Path(const std::string& path) const { return mountpoint_ + "/" + path; }
  // A file on disk beside the mountpoint, open, for passthrough.
  int LocalFile(const std::string& content);

  std::string folder_;      // removed in the end
  std::string mountpoint_;  // folder_/mnt
  FakeFilesystem filesystem_;
  DatasetCounters counters_;
  std::unique_ptr<Session> session_;
  std::thread server_;
  absl::Status served_;
  std::vector<int> local_files_;
};

using larder::testing::Eventually;
using larder::testing::ListAll;
using larder::testing::ReadAll;
// Starts a program with its output thrown away.
pid_t Spawn(std::vector<std::string> arguments);
// Kills it with `signal`, waits for its end: how long that took.
absl::Duration KillAndWait(pid_t pid, int signal);

}  // namespace larder::fuse

#endif  // LARDER_TESTS_FS_FUSE_MOUNTED_SESSION_H_

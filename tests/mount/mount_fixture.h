// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_MOUNT_MOUNT_FIXTURE_H_
#define LARDER_TESTS_MOUNT_MOUNT_FIXTURE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "tests/mount/program.h"
#include "tests/testing/seen_files.h"
#include "tests/testing/temp_dir.h"

namespace larder::testing {

// The real program ($LARDER_BINARY) over a real kernel mount, with a folder as the remote unless a
// test names another source. Each test has its own cache folder, mountpoint and runtime folder.
// Skips where this process may not mount.
//
//   TEST_F(MountTest, ReadsBack) {
//     WriteRemote("folder/file", "content");
//     Mount();
//     EXPECT_EQ(ReadAll(Path("folder/file")), "content");
//   }
class MountTest : public ::testing::Test {
 protected:
  void SetUp() override;
  // Unmounts what is still mounted: the daemon has to end by itself with status 0, whatever the
  // test did.
  void TearDown() override;

  // A file on the remote, with the folders above it.
  void WriteRemote(const std::string& path, const std::string& content);
  std::string RemotePath(const std::string& path) const { return remote_ + "/" + path; }
  // The same on the mount.
  std::string Path(const std::string& path = "") const {
    return path.empty() ? mountpoint_ : mountpoint_ + "/" + path;
  }

  // `larder mount -f SOURCE MOUNTPOINT --cache-dir CACHE OPTIONS...`, until it is ready. The source
  // is source_.
  void Mount(const std::vector<std::string>& options = {});
  // Unmounts as umount(8) does; the daemon has to end with status 0.
  void Unmount();
  // Ends the daemon by force and takes its mount away: what a power cut of the process leaves.
  void Kill();

  // Runs the program with these arguments to its end.
  Ended Larder(const std::vector<std::string>& arguments) const;
  // `larder status MOUNTPOINT --json`, and its only dataset.
  nlohmann::json Status() const;
  nlohmann::json Dataset() const { return Status()["datasets"][0]; }
  // Of all that the program is run with.
  std::vector<std::string> Environment() const { return {"LARDER_RUNTIME_DIR=" + runtime_}; }
  const std::string& binary() const { return binary_; }

  TempDir folder_;
  std::string remote_;      // folder_/remote
  std::string mountpoint_;  // folder_/mnt
  std::string cache_;       // folder_/cache
  std::string runtime_;     // folder_/run
  std::string source_;      // remote_
  std::unique_ptr<Program> daemon_;

 private:
  std::string binary_;
};

// Content that differs from place to place.
std::string Pattern(size_t size, unsigned seed = 1);
// Drops what the kernel has cached of one file.
void DropPageCache(const std::string& path);

}  // namespace larder::testing

#endif  // LARDER_TESTS_MOUNT_MOUNT_FIXTURE_H_

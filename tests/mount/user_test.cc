// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Mounts by a user who is not root. A program of its own, since it changes this process's view of
// /dev.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/mount/mount_fixture.h"

namespace larder::testing {
namespace {

using ::testing::HasSubstr;

class UserTest : public MountTest {
 protected:
  // A /dev/fuse that everyone may open, as udev makes it, in a mount namespace of this process; why
  // not, if it can't be had.
  std::string OpenDevice() {
    struct stat st;
    if (stat("/dev/fuse", &st) != 0) return "there is no /dev/fuse";
    if ((st.st_mode & 0666) == 0666) return "";
    const std::string device = folder_.path() + "/fuse-device";
    if (unshare(CLONE_NEWNS) != 0 || ::mount("", "/", "", MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mknod(device.c_str(), S_IFCHR | 0666, st.st_rdev) != 0 ||
        chmod(device.c_str(), 0666) != 0 ||
        ::mount(device.c_str(), "/dev/fuse", "", MS_BIND, nullptr) != 0) {
      return absl::StrCat("/dev/fuse is root's alone, and no other can be made: ", strerror(errno));
    }
    return "";
  }
};

TEST_F(UserTest, UsersMountThroughFusermount) {
  constexpr uid_t kUser = 65534;  // nobody
  if (access("/usr/bin/fusermount3", X_OK) != 0) GTEST_SKIP() << "fusermount3 is missing";
  const std::string device = OpenDevice();
  if (!device.empty()) GTEST_SKIP() << device;
  WriteRemote("file", "content");
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(remote_, std::filesystem::perms(0755));
  std::filesystem::create_directory(cache_);
  // The program, where the user can get at it.
  const std::string program = folder_.path() + "/larder";
  std::filesystem::copy_file(binary(), program);
  for (const std::string& path : {mountpoint_, cache_, runtime_}) {
    ASSERT_EQ(chown(path.c_str(), kUser, kUser), 0) << strerror(errno);
  }
  const std::vector<std::string> as_user = {"setpriv", absl::StrCat("--reuid=", kUser),
                                            absl::StrCat("--regid=", kUser), "--clear-groups"};
  const auto run = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> all = as_user;
    all.insert(all.end(), arguments.begin(), arguments.end());
    return RunToEnd(all, Environment());
  };
  Ended ended = run({program, "mount", source_, mountpoint_, "--cache-dir", cache_});
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_EQ(run({"cat", Path("file")}).output, "content");
  EXPECT_EQ(run({"cat", Path("file")}).output, "content");
  ended = run({program, "status", mountpoint_, "--json"});
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_EQ(nlohmann::json::parse(ended.output)["datasets"][0]["passthrough"],
            "off: needs CAP_SYS_ADMIN");
  struct stat st;
  EXPECT_NE(stat(Path("file").c_str(), &st), 0) << "others are not let in, root neither";
  // What users may not do is said.
  const std::string another = folder_.path() + "/another";
  std::filesystem::create_directory(another);
  ended = run({program, "mount", source_, another, "--cache-dir", cache_ + "/below"});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr(another));
  ended = run({program, "umount", mountpoint_});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_TRUE(ListAll(Path()).empty());
}

TEST_F(UserTest, RootsMountIsForEverybodyUnlessSaidOtherwise) {
  WriteRemote("file", "content");
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  const auto cat = [&] {
    return RunToEnd({"setpriv", "--reuid=65534", "--clear-groups", "cat", Path("file")}, {}).output;
  };
  Mount();
  EXPECT_EQ(cat(), "content");
  Unmount();
  Mount({"--no-allow-other"});
  EXPECT_EQ(cat(), "");
}

}  // namespace
}  // namespace larder::testing

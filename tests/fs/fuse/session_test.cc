// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/session.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "fs/fuse/mount_table.h"
#include "fs/fuse/mountpoint.h"
#include "tests/fs/fuse/mounted_session.h"

namespace larder::fuse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using SessionTest = MountedSession;

std::string Pattern(size_t size) {
  std::string content(size, '\0');
  for (size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 2654435761u >> 13);
  return content;
}

TEST_F(SessionTest, TreeReadsBack) {
  const std::string large = Pattern(5'000'001);
  filesystem_.AddFolder("folder");
  filesystem_.AddFile("folder/large", large)->SetAsynchronous(true);
  filesystem_.AddFile("small", "hello");
  filesystem_.AddFile("empty", "");
  filesystem_.AddSymlink("link", "folder/large");
  Mount();
  EXPECT_THAT(ListAll(mountpoint_), ElementsAre("empty", "folder", "link", "small"));
  EXPECT_EQ(ReadAll(Path("folder/large")), large);
  EXPECT_EQ(ReadAll(Path("link")), large);
  EXPECT_EQ(ReadAll(Path("small")), "hello");
  EXPECT_EQ(ReadAll(Path("empty")), "");
  EXPECT_EQ(counters_.opens.value(), 4);
  EXPECT_EQ(counters_.passthrough_opens.value(), 0);
  Unmount();
}

TEST_F(SessionTest, StatShowsWhatReadersFollow) {
  filesystem_.AddFolder("folder");
  filesystem_.AddFile("file", Pattern(1000));
  SessionOptions options = DefaultOptions();
  options.ownership = {.uid = 1234, .gid = 4321, .umask = 027};
  Mount(options);
  struct stat st;
  ASSERT_EQ(stat(Path("file").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode, mode_t{S_IFREG | 0640});
  EXPECT_EQ(st.st_uid, 1234);
  EXPECT_EQ(st.st_gid, 4321);
  EXPECT_EQ(st.st_size, 1000);
  EXPECT_EQ(st.st_blocks, 2);
  EXPECT_EQ(st.st_blksize, 1 << 20);
  EXPECT_EQ(st.st_nlink, 1);
  EXPECT_EQ(st.st_mtime, 1700000000);
  ASSERT_EQ(stat(Path("folder").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode, mode_t{S_IFDIR | 0750});
  EXPECT_NE(stat(Path("nothing").c_str(), &st), 0);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_NE(stat(Path(std::string(256, 'x')).c_str(), &st), 0);
  EXPECT_EQ(errno, ENAMETOOLONG);
}

TEST_F(SessionTest, AttributesAndTotalsAreShown) {
  filesystem_.AddFile("file", "x");
  Mount();
  char value[64];
  ASSERT_EQ(getxattr(Path("file").c_str(), "user.larder.etag", value, sizeof(value)), 5);
  EXPECT_EQ(std::string(value, 5), "\"abc\"");
  EXPECT_EQ(getxattr(Path("file").c_str(), "user.larder.etag", nullptr, 0), 5);
  EXPECT_EQ(getxattr(Path("file").c_str(), "user.larder.etag", value, 2), -1);
  EXPECT_EQ(errno, ERANGE);
  for (const char* name : {"user.other", "security.selinux"}) {
    EXPECT_EQ(getxattr(Path("file").c_str(), name, value, sizeof(value)), -1);
    EXPECT_EQ(errno, ENODATA) << name;
  }
  const ssize_t length = listxattr(Path("file").c_str(), value, sizeof(value));
  ASSERT_GT(length, 0);
  EXPECT_THAT(std::string(value, length), HasSubstr("user.larder.source"));
  struct statvfs st;
  ASSERT_EQ(statvfs(mountpoint_.c_str(), &st), 0);
  EXPECT_EQ(st.f_blocks * st.f_frsize, 12288);
  EXPECT_EQ(st.f_bavail, 0);
  EXPECT_EQ(st.f_files, 3);
}

TEST_F(SessionTest, TheMountIsReadOnlyAndNamed) {
  Mount();
  const auto table = ReadMountTable();
  ASSERT_TRUE(table.ok());
  const auto entry = FindMount(*table, mountpoint_);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->type, "fuse.larder");
  EXPECT_EQ(entry->source, "fake://a,b\\c d");
  std::string read_ahead_kib;
  std::ifstream(absl::StrCat("/sys/class/bdi/", entry->device, "/read_ahead_kb")) >> read_ahead_kib;
  EXPECT_EQ(read_ahead_kib, "1024");
}

// What fails with EROFS, by the kernel's word for the read-only mount and by ours once root
// remounts it.
void ExpectNothingCanBeWritten(const std::string& folder) {
  const std::string file = folder + "/file";
  const std::string other = folder + "/other";
  const auto expect_refused = [](const char* what, long result) {
    EXPECT_EQ(result, -1) << what;
    EXPECT_EQ(errno, EROFS) << what << ": " << strerror(errno);
  };
  expect_refused("open for writing", open(file.c_str(), O_WRONLY));
  expect_refused("open for both", open(file.c_str(), O_RDWR));
  expect_refused("open with truncation", open(file.c_str(), O_WRONLY | O_TRUNC));
  expect_refused("create", open(other.c_str(), O_CREAT | O_WRONLY, 0600));
  expect_refused("mkdir", mkdir(other.c_str(), 0700));
  expect_refused("mknod", mknod(other.c_str(), S_IFIFO | 0600, 0));
  expect_refused("unlink", unlink(file.c_str()));
  expect_refused("rmdir", rmdir((folder + "/folder").c_str()));
  expect_refused("rename", rename(file.c_str(), other.c_str()));
  expect_refused("link", link(file.c_str(), other.c_str()));
  expect_refused("symlink", symlink("target", other.c_str()));
  expect_refused("chmod", chmod(file.c_str(), 0600));
  expect_refused("chown", chown(file.c_str(), 1, 1));
  expect_refused("truncate", truncate(file.c_str(), 0));
  expect_refused("utimes", utimensat(AT_FDCWD, file.c_str(), nullptr, 0));
  expect_refused("setxattr", setxattr(file.c_str(), "user.x", "y", 1, 0));
  expect_refused("removexattr", removexattr(file.c_str(), "user.larder.etag"));
}

TEST_F(SessionTest, EveryWriteIsRefused) {
  filesystem_.AddFile("file", "x");
  filesystem_.AddFolder("folder");
  Mount();
  ExpectNothingCanBeWritten(mountpoint_);
  if (::mount("", mountpoint_.c_str(), "", MS_REMOUNT | MS_NODEV | MS_NOSUID, nullptr) == 0) {
    ExpectNothingCanBeWritten(mountpoint_);
  }
  EXPECT_EQ(ReadAll(Path("file")), "x");
}

TEST_F(SessionTest, MappedAndDirectReadsGetEveryByte) {
  const std::string content = Pattern(3'000'007);
  filesystem_.AddFile("file", content)->SetAsynchronous(true);
  Mount();
  const int mapped = open(Path("file").c_str(), O_RDONLY);
  ASSERT_GE(mapped, 0);
  void* const map = mmap(nullptr, content.size(), PROT_READ, MAP_SHARED, mapped, 0);
  ASSERT_NE(map, MAP_FAILED);
  EXPECT_EQ(memcmp(map, content.data(), content.size()), 0);
  munmap(map, content.size());
  close(mapped);

  const int direct = open(Path("file").c_str(), O_RDONLY | O_DIRECT);
  ASSERT_GE(direct, 0);
  void* buffer = nullptr;
  constexpr size_t kBuffer = 4 << 20;
  ASSERT_EQ(posix_memalign(&buffer, 4096, kBuffer), 0);
  EXPECT_EQ(pread(direct, buffer, 2'097'152, 4096), 2'097'152);
  EXPECT_EQ(memcmp(buffer, content.data() + 4096, 2'097'152), 0);
  EXPECT_EQ(pread(direct, buffer, kBuffer, 0), static_cast<ssize_t>(content.size()));
  EXPECT_EQ(memcmp(buffer, content.data(), content.size()), 0);
  EXPECT_EQ(pread(direct, buffer, 4096, 3'002'368), 0);
  free(buffer);
  close(direct);
}

TEST_F(SessionTest, ErrorsOfReadsAndOpensReachTheReader) {
  const auto object = filesystem_.AddFile("file", Pattern(100));
  Mount();
  const int fd = open(Path("file").c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  char byte;
  const struct {
    absl::Status status;
    int error_number;
  } cases[] = {{absl::FailedPreconditionError("changed"), ESTALE},
               {absl::NotFoundError("gone"), ESTALE},
               {absl::PermissionDeniedError("no"), EACCES},
               {absl::UnavailableError("away"), EIO}};
  for (const auto& c : cases) {
    object->SetError(c.status);
    EXPECT_EQ(pread(fd, &byte, 1, 0), -1);
    EXPECT_EQ(errno, c.error_number) << c.status;
  }
  object->SetError(absl::OkStatus());
  EXPECT_EQ(pread(fd, &byte, 1, 0), 1);
  close(fd);
  filesystem_.SetOpenError(absl::PermissionDeniedError("archived"));
  EXPECT_EQ(open(Path("file").c_str(), O_RDONLY), -1);
  EXPECT_EQ(errno, EACCES);
}

TEST_F(SessionTest, OpeningTouchesAndKeepsThePageCache) {
  const auto object = filesystem_.AddFile("file", Pattern(1000));
  Mount();
  EXPECT_EQ(ReadAll(Path("file")).size(), 1000);
  EXPECT_EQ(object->touches(), 1);
  // From the page cache now, whatever the object would say.
  object->SetError(absl::UnavailableError("away"));
  EXPECT_EQ(ReadAll(Path("file")).size(), 1000);
}

TEST_F(SessionTest, UnmountingByAnyoneEndsIt) {
  Mount();
  EXPECT_EQ(session_->passthrough_state(), "on");
  Unmount();
}

TEST_F(SessionTest, StopEndsItThoughAFileIsOpen) {
  filesystem_.AddFile("file", "x");
  Mount();
  const int fd = open(Path("file").c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  session_->Stop();
  server_.join();
  EXPECT_TRUE(served_.ok()) << served_;
  session_.reset();
  const auto table = ReadMountTable();
  EXPECT_FALSE(FindMount(*table, mountpoint_).has_value());
  close(fd);
}

TEST_F(SessionTest, StopLeavesAnothersMountAlone) {
  filesystem_.AddFile("file", "x");
  Mount();
  const int fd = open(Path("file").c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(umount2(mountpoint_.c_str(), MNT_DETACH), 0);
  ASSERT_EQ(::mount("other", mountpoint_.c_str(), "tmpfs", 0, nullptr), 0);
  session_->Stop();
  server_.join();
  session_.reset();
  const auto table = ReadMountTable();
  EXPECT_EQ(FindMount(*table, mountpoint_)->type, "tmpfs");
  umount2(mountpoint_.c_str(), 0);
  close(fd);
}

TEST_F(SessionTest, StopEndsReadersThatWait) {
  const auto object = filesystem_.AddFile("file", Pattern(100));
  object->SetStalled(true);
  Mount();
  std::thread reader([&] {
    const int fd = open(Path("file").c_str(), O_RDONLY);
    char byte;
    EXPECT_EQ(pread(fd, &byte, 1, 0), -1);
    close(fd);
  });
  EXPECT_TRUE(Eventually([&] { return object->waiting() > 0; }));
  session_->Stop();
  server_.join();
  session_.reset();
  reader.join();
}

TEST_F(SessionTest, BadMountpointsAreNamed) {
  const auto expect_error = [&](const std::string& mountpoint, const std::string& text) {
    SessionOptions options = DefaultOptions();
    options.mountpoint = mountpoint;
    const auto session = Session::Mount(options, &filesystem_, &counters_);
    ASSERT_FALSE(session.ok());
    EXPECT_THAT(std::string(session.status().message()), HasSubstr(text));
    EXPECT_THAT(std::string(session.status().message()), HasSubstr(mountpoint));
  };
  expect_error(folder_ + "/missing", "mkdir it first");
  std::ofstream(folder_ + "/file") << "x";
  expect_error(folder_ + "/file", "is not a folder");
  expect_error(folder_, "is not empty");
  Mount();
  expect_error(mountpoint_, "is a mountpoint already, of fake://a,b\\c d (fuse.larder)");
}

TEST_F(SessionTest, ADeadMountIsTakenAway) {
  // A mount whose daemon is gone: its device is closed.
  const int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  ASSERT_GE(device, 0);
  const std::string mount_options =
      absl::StrCat("fd=", device, ",rootmode=40000,user_id=0,group_id=0");
  ASSERT_EQ(::mount("dead", mountpoint_.c_str(), "fuse.larder", MS_NODEV | MS_NOSUID,
                    mount_options.c_str()),
            0)
      << strerror(errno);
  close(device);
  ASSERT_TRUE(IsDeadMount(mountpoint_));
  filesystem_.AddFile("file", "alive");
  Mount();
  EXPECT_EQ(ReadAll(Path("file")), "alive");
}

}  // namespace
}  // namespace larder::fuse

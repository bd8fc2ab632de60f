// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// What programs see of a mount: names, attributes, bytes, and that nothing can be changed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/mount/mount_fixture.h"

namespace larder::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class ReadTest : public MountTest {
 protected:
  // Small and large objects, an empty one, folders, a symlink.
  void MakeTree() {
    for (int i = 0; i < 50; ++i) {
      contents_[absl::StrCat("images/class-", i % 5, "/", i, ".jpg")] = Pattern(1000 + i * 3001, i);
    }
    contents_["shards/large-0"] = Pattern(5'000'003, 100);
    contents_["shards/large-1"] = Pattern(20'000'000, 101);
    contents_["empty"] = "";
    contents_["block"] = Pattern(1 << 20, 102);
    contents_["block and one"] = Pattern((1 << 20) + 1, 103);
    for (const auto& [path, content] : contents_) WriteRemote(path, content);
    std::filesystem::create_symlink("shards/large-0", RemotePath("link"));
  }
  void ExpectTreeReadsBack() {
    for (const auto& [path, content] : contents_) {
      EXPECT_TRUE(ReadAll(Path(path)) == content) << path;
    }
  }
  std::map<std::string, std::string> contents_;
};

TEST_F(ReadTest, ATreeReadsBackColdWarmAndAfterARestart) {
  MakeTree();
  Mount();
  EXPECT_THAT(ListAll(Path()),
              UnorderedElementsAre("images", "shards", "empty", "block", "block and one", "link"));
  ExpectTreeReadsBack();
  ExpectTreeReadsBack();
  EXPECT_EQ(ReadAll(Path("link")), contents_["shards/large-0"]);
  Unmount();
  Mount();
  ExpectTreeReadsBack();
  EXPECT_EQ(Dataset()["remote_bytes"], 0) << "a second pass asks for no bytes";
  Kill();
  Mount();
  ExpectTreeReadsBack();
  EXPECT_EQ(Dataset()["remote_bytes"], 0);
}

TEST_F(ReadTest, AttributesAreThoseOfTheRemote) {
  WriteRemote("folder/file", Pattern(1000));
  Mount({"--uid", "12", "--gid", "34", "--umask", "027"});
  struct stat st;
  struct stat remote;
  ASSERT_EQ(stat(Path("folder/file").c_str(), &st), 0);
  ASSERT_EQ(stat(RemotePath("folder/file").c_str(), &remote), 0);
  EXPECT_EQ(st.st_size, 1000);
  EXPECT_EQ(st.st_mtime, remote.st_mtime);
  EXPECT_EQ(st.st_mode, mode_t{S_IFREG | 0640});
  EXPECT_EQ(st.st_uid, 12);
  EXPECT_EQ(st.st_gid, 34);
  EXPECT_EQ(st.st_blocks, 2);
  EXPECT_EQ(st.st_blksize, 1 << 20);
  const ino_t inode = st.st_ino;
  ASSERT_EQ(stat(Path("folder").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode, mode_t{S_IFDIR | 0750});
  EXPECT_NE(stat(Path("folder/none").c_str(), &st), 0);
  EXPECT_EQ(errno, ENOENT);
  Unmount();
  Mount();
  ASSERT_EQ(stat(Path("folder/file").c_str(), &st), 0);
  EXPECT_EQ(st.st_ino, inode) << "the same number after a restart";
}

TEST_F(ReadTest, ExtendedAttributesAndTotals) {
  WriteRemote("file", Pattern(10'000));
  Mount();
  char value[4096];
  const auto attribute = [&](const char* name) {
    const ssize_t length = getxattr(Path("file").c_str(), name, value, sizeof(value));
    return length < 0 ? std::string(strerror(errno)) : std::string(value, length);
  };
  EXPECT_THAT(attribute("user.larder.source"), HasSubstr(RemotePath("file")));
  EXPECT_EQ(attribute("user.larder.cached"), "0");
  ReadAll(Path("file"));
  EXPECT_TRUE(Eventually([&] { return attribute("user.larder.cached") == "10000"; }));
  EXPECT_EQ(attribute("user.other"), strerror(ENODATA));
  ListAll(Path());
  struct statvfs st;
  ASSERT_EQ(statvfs(Path().c_str(), &st), 0);
  EXPECT_EQ(st.f_files, 1);
  EXPECT_EQ(st.f_bavail, 0);
  EXPECT_EQ(st.f_blocks * st.f_frsize, 12288);
}

TEST_F(ReadTest, NothingCanBeWritten) {
  WriteRemote("folder/file", "x");
  Mount();
  const std::string file = Path("folder/file");
  const std::string other = Path("folder/other");
  const auto expect_refused = [](const char* what, long result) {
    EXPECT_EQ(result, -1) << what;
    EXPECT_EQ(errno, EROFS) << what << ": " << strerror(errno);
  };
  expect_refused("open for writing", open(file.c_str(), O_WRONLY));
  expect_refused("open for both", open(file.c_str(), O_RDWR));
  expect_refused("truncate", open(file.c_str(), O_WRONLY | O_TRUNC));
  expect_refused("create", open(other.c_str(), O_CREAT | O_WRONLY, 0600));
  expect_refused("mkdir", mkdir(other.c_str(), 0700));
  expect_refused("unlink", unlink(file.c_str()));
  expect_refused("rename", rename(file.c_str(), other.c_str()));
  expect_refused("link", link(file.c_str(), other.c_str()));
  expect_refused("symlink", symlink("x", other.c_str()));
  expect_refused("rmdir", rmdir(Path("folder").c_str()));
  expect_refused("chmod", chmod(file.c_str(), 0600));
  expect_refused("chown", chown(file.c_str(), 1, 1));
  expect_refused("utimes", utimensat(AT_FDCWD, file.c_str(), nullptr, 0));
  expect_refused("setxattr", setxattr(file.c_str(), "user.x", "y", 1, 0));
  EXPECT_EQ(ReadAll(file), "x");
}

TEST_F(ReadTest, MappedAndDirectReads) {
  const std::string content = Pattern(7'000'001);
  WriteRemote("file", content);
  Mount();
  for (const bool warm : {false, true}) {
    const int fd = open(Path("file").c_str(), O_RDONLY);
    ASSERT_GE(fd, 0);
    void* const map = mmap(nullptr, content.size(), PROT_READ, MAP_SHARED, fd, 0);
    ASSERT_NE(map, MAP_FAILED) << strerror(errno);
    EXPECT_EQ(memcmp(map, content.data(), content.size()), 0) << warm;
    munmap(map, content.size());
    close(fd);

    const int direct = open(Path("file").c_str(), O_RDONLY | O_DIRECT);
    ASSERT_GE(direct, 0);
    const size_t size = 8 << 20;
    std::unique_ptr<void, void (*)(void*)> buffer(aligned_alloc(4096, size), free);
    ASSERT_EQ(pread(direct, buffer.get(), 3 << 20, 4096), 3 << 20);
    EXPECT_EQ(memcmp(buffer.get(), content.data() + 4096, 3 << 20), 0);
    ASSERT_EQ(pread(direct, buffer.get(), size, 0), static_cast<ssize_t>(content.size()));
    EXPECT_EQ(memcmp(buffer.get(), content.data(), content.size()), 0);
    close(direct);
    DropPageCache(Path("file"));
  }
}

TEST_F(ReadTest, TheSecondOpenOfACompleteFilePassesThrough) {
  const std::string content = Pattern(9'000'000);
  WriteRemote("file", content);
  Mount();
  EXPECT_TRUE(ReadAll(Path("file")) == content);
  ASSERT_EQ(Dataset()["passthrough"], "on");
  // Writing to disk happens behind the reader.
  EXPECT_TRUE(Eventually([&] {
    const int fd = open(Path("file").c_str(), O_RDONLY);
    if (fd >= 0) close(fd);
    return Dataset()["passthrough_opens"] > 0;
  }));
  const auto read_bytes = Dataset()["read_bytes"];
  DropPageCache(Path("file"));
  EXPECT_TRUE(ReadAll(Path("file")) == content);
  EXPECT_EQ(Dataset()["read_bytes"], read_bytes) << "the daemon is not asked";
}

TEST_F(ReadTest, PassthroughCanBeTurnedOff) {
  const std::string content = Pattern(3'000'000);
  WriteRemote("file", content);
  Mount({"--passthrough=off"});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ReadAll(Path("file")) == content);
  EXPECT_EQ(Dataset()["passthrough"], "off: --passthrough=off");
  EXPECT_EQ(Dataset()["passthrough_opens"], 0);
}

TEST_F(ReadTest, OpensReadsAndCompletionRaceWithoutError) {
  constexpr int kFiles = 4;
  constexpr size_t kSize = 3'000'000;
  std::vector<std::string> contents;
  for (int i = 0; i < kFiles; ++i) {
    contents.push_back(Pattern(kSize, i));
    WriteRemote(absl::StrCat("file-", i), contents.back());
  }
  Mount();
  const absl::Time end = absl::Now() + absl::Seconds(5);
  std::atomic<int> opens{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 12; ++t) {
    readers.emplace_back([&, t] {
      std::mt19937 random(t);
      std::string bytes(20'000, '\0');
      while (absl::Now() < end) {
        const int i = static_cast<int>(random() % kFiles);
        const int fd = open(Path(absl::StrCat("file-", i)).c_str(), O_RDONLY | O_CLOEXEC);
        ASSERT_GE(fd, 0) << strerror(errno);
        ++opens;
        const size_t offset = random() % (kSize - bytes.size());
        ASSERT_EQ(pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)),
                  static_cast<ssize_t>(bytes.size()))
            << strerror(errno);
        ASSERT_TRUE(contents[i].compare(offset, bytes.size(), bytes) == 0);
        close(fd);
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  const auto dataset = Dataset();
  EXPECT_GT(dataset["opens"], 100);
  EXPECT_EQ(dataset["passthrough"], "on");
}

TEST_F(ReadTest, ALargeFolderIsListedOnce) {
  constexpr int kCount = 5000;
  for (int i = 0; i < kCount; ++i) WriteRemote(absl::StrCat("folder/", i), "");
  Mount();
  std::vector<std::string> names = ListAll(Path("folder"));
  EXPECT_EQ(names.size(), kCount);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
  const auto requests = Dataset()["remote_requests"];
  EXPECT_EQ(ListAll(Path("folder")).size(), kCount);
  struct stat st;
  for (int i = 0; i < kCount; i += 7) {
    EXPECT_EQ(stat(Path(absl::StrCat("folder/", i)).c_str(), &st), 0);
  }
  EXPECT_EQ(Dataset()["remote_requests"], requests);
}

TEST_F(ReadTest, NewNamesShowWithinTheTtl) {
  WriteRemote("folder/old", "x");
  Mount({"--metadata-ttl", "500ms"});
  EXPECT_THAT(ListAll(Path("folder")), UnorderedElementsAre("old"));
  struct stat st;
  EXPECT_NE(stat(Path("folder/new").c_str(), &st), 0);
  WriteRemote("folder/new", "y");
  EXPECT_TRUE(Eventually([&] { return ListAll(Path("folder")).size() == 2; }));
  EXPECT_TRUE(Eventually([&] { return stat(Path("folder/new").c_str(), &st) == 0; }));
  EXPECT_EQ(ReadAll(Path("folder/new")), "y");
}

}  // namespace
}  // namespace larder::testing

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Readers that wait, are killed, or open and close the same files all at once.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fs/fuse/mounted_session.h"

namespace larder::fuse {
namespace {

// The promise is a second; a loaded machine gets more.
constexpr absl::Duration kGoneWithin = absl::Seconds(5);

using SessionLoadTest = MountedSession;

void ExpectQuickEnd(pid_t pid, int signal) {
  const absl::Duration took = KillAndWait(pid, signal);
  EXPECT_LT(took, kGoneWithin);
  std::cout << "[ took     ] " << absl::FormatDuration(took) << "\n";
}

TEST_F(SessionLoadTest, AKilledReaderIsGoneSoon) {
  Mount();
  const std::vector<std::string> readers[] = {{"cat"}, {"dd", "iflag=direct", "bs=1M"}};
  for (const auto& reader : readers) {
    for (const int signal : {SIGKILL, SIGTERM}) {
      const std::string name = absl::StrCat(reader[0], "-", signal);
      const auto object = filesystem_.AddFile(name, std::string(1 << 20, 'x'));
      object->SetStalled(true);
      std::vector<std::string> command = reader;
      command.push_back((reader.size() > 1 ? "if=" : "") + Path(name));
      const pid_t pid = Spawn(command);
      ASSERT_TRUE(Eventually([&] { return object->waiting() > 0; }));
      ExpectQuickEnd(pid, signal);
      object->SetStalled(false);
      EXPECT_EQ(ReadAll(Path(name)).size(), 1 << 20);
    }
  }
}

TEST_F(SessionLoadTest, AReaderKilledInLookupOrListingIsGoneSoon) {
  filesystem_.AddFolder("stuck");
  filesystem_.StallListing("stuck");
  filesystem_.StallName("stuck-name");
  Mount();
  pid_t pid = Spawn({"stat", Path("stuck-name")});
  absl::SleepFor(
      absl::Milliseconds(100));  // likely in its lookup by then; the end is as quick if not
  ExpectQuickEnd(pid, SIGKILL);
  const int listings = filesystem_.listings();
  pid = Spawn({"ls", Path("stuck")});
  ASSERT_TRUE(Eventually([&] { return filesystem_.listings() > listings; }));
  ExpectQuickEnd(pid, SIGKILL);
}

// A program that handles signals (a profiler's timer) must not see its reads fail for it.
TEST_F(SessionLoadTest, AHandledSignalDoesNotFailAReadThatGoesOn) {
  const auto object = filesystem_.AddFile("file", std::string(100, 'x'));
  object->SetStalled(true);
  Mount();
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  struct sigaction before = {};
  sigaction(SIGUSR2, &action, &before);
  ssize_t got = 0;
  std::thread reader([&] {
    const int fd = open(Path("file").c_str(), O_RDONLY);
    char bytes[100];
    got = read(fd, bytes, sizeof(bytes));
    close(fd);
  });
  EXPECT_TRUE(Eventually([&] { return object->waiting() > 0; }));
  pthread_kill(reader.native_handle(), SIGUSR2);
  absl::SleepFor(absl::Milliseconds(50));  // the signal arrives, the answer comes within the grace
  object->SetStalled(false);
  reader.join();
  sigaction(SIGUSR2, &before, nullptr);
  EXPECT_EQ(got, 100);
}

TEST_F(SessionLoadTest, StalledMissesDoNotHoldBackHits) {
  constexpr int kMisses = 64;
  const auto missing = filesystem_.AddFile("missing", std::string(64 << 20, 'x'));
  const auto present = filesystem_.AddFile("present", std::string(32 << 20, 'y'));
  missing->SetStalled(true);
  Mount();
  std::vector<std::thread> readers;
  for (int i = 0; i < kMisses; ++i) {
    readers.emplace_back([&, i] {
      const int fd = open(Path("missing").c_str(), O_RDONLY);
      char byte = 0;
      EXPECT_EQ(pread(fd, &byte, 1, i << 20), 1) << strerror(errno);
      close(fd);
    });
  }
  EXPECT_TRUE(Eventually([&] { return missing->waiting() >= kMisses; })) << missing->waiting();
  const absl::Time start = absl::Now();
  EXPECT_EQ(ReadAll(Path("present")).size(), 32 << 20);
  std::cout << "[ hits     ] 32 MiB in " << absl::FormatDuration(absl::Now() - start) << " beside "
            << missing->waiting() << " stalled reads\n";
  missing->SetStalled(false);
  for (std::thread& reader : readers) reader.join();
}

TEST_F(SessionLoadTest, CompleteFilesPassThroughTheKernel) {
  const std::string content(3'000'001, 'z');
  const auto object = filesystem_.AddFile("file", content);
  Mount();
  ASSERT_EQ(session_->passthrough_state(), "on");
  EXPECT_EQ(ReadAll(Path("file")), content);
  EXPECT_EQ(counters_.passthrough_opens.value(), 0);
  object->SetBackingFd(LocalFile(content));
  object->SetError(absl::InternalError("the daemon is asked for bytes"));
  // RELEASE of the cached open comes after close() has returned.
  EXPECT_TRUE(Eventually([&] {
    const int fd = open(Path("file").c_str(), O_RDONLY);
    if (fd >= 0) close(fd);
    return counters_.passthrough_opens.value() > 0;
  }));
  EXPECT_EQ(ReadAll(Path("file")), content);
  const int fd = open(Path("file").c_str(), O_RDONLY);
  void* const map = mmap(nullptr, content.size(), PROT_READ, MAP_SHARED, fd, 0);
  ASSERT_NE(map, MAP_FAILED) << strerror(errno);
  EXPECT_EQ(memcmp(map, content.data(), content.size()), 0);
  close(fd);
  munmap(map, content.size());
}

TEST_F(SessionLoadTest, PassthroughCanBeTurnedOff) {
  const std::string content(100'000, 'z');
  filesystem_.AddFile("file", content)->SetBackingFd(LocalFile("something else"));
  SessionOptions options = DefaultOptions();
  options.passthrough = false;
  Mount(options);
  EXPECT_EQ(session_->passthrough_state(), "off: --passthrough=off");
  EXPECT_EQ(ReadAll(Path("file")), content);
  EXPECT_EQ(counters_.passthrough_opens.value(), 0);
}

TEST_F(SessionLoadTest, ARefusedBackingFileIsReadThroughTheDaemon) {
  const std::string content(100'000, 'z');
  // The kernel takes regular files only.
  int pipe_fds[2];
  ASSERT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
  local_files_ = {pipe_fds[0], pipe_fds[1]};
  filesystem_.AddFile("file", content)->SetBackingFd(pipe_fds[0]);
  Mount();
  EXPECT_EQ(ReadAll(Path("file")), content);
  EXPECT_EQ(counters_.passthrough_opens.value(), 0);
  EXPECT_THAT(session_->passthrough_state(), ::testing::StartsWith("off: the kernel refused"));
}

// Completion, loss of the local copy, opens, reads, maps and closes, all racing: never an error,
// never a wrong byte.
TEST_F(SessionLoadTest, OpenModesNeverSurfaceAsErrors) {
  constexpr int kFiles = 3;
  constexpr int kThreads = 12;
  constexpr size_t kSize = 300'000;
  const absl::Time end = absl::Now() + absl::Seconds(8);
  std::vector<std::shared_ptr<FakeObject>> objects;
  std::vector<int> fds;
  std::string content(kSize, '\0');
  for (size_t i = 0; i < kSize; ++i) content[i] = static_cast<char>(i % 251);
  for (int i = 0; i < kFiles; ++i) {
    objects.push_back(filesystem_.AddFile(absl::StrCat("file-", i), content));
    objects.back()->SetAsynchronous(i % 2 == 0);
    fds.push_back(LocalFile(content));
  }
  Mount();
  std::atomic<uint64_t> opens{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < kThreads; ++t) {
    readers.emplace_back([&, t] {
      std::mt19937 random(t);
      std::string bytes(8192, '\0');
      while (absl::Now() < end) {
        const std::string path = Path(absl::StrCat("file-", random() % kFiles));
        const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        ASSERT_GE(fd, 0) << strerror(errno);
        ++opens;
        const size_t offset = random() % (kSize - bytes.size());
        if (random() % 4 == 0) {
          void* const map = mmap(nullptr, kSize, PROT_READ, MAP_SHARED, fd, 0);
          ASSERT_NE(map, MAP_FAILED) << strerror(errno);
          EXPECT_EQ(memcmp(static_cast<char*>(map) + offset, content.data() + offset, 8192), 0);
          close(fd);
          munmap(map, kSize);
          continue;
        }
        ASSERT_EQ(pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)), 8192)
            << strerror(errno);
        EXPECT_EQ(bytes, content.substr(offset, bytes.size()));
        close(fd);
      }
    });
  }
  std::mt19937 random(99);
  while (absl::Now() < end) {
    const size_t i = random() % kFiles;
    objects[i]->SetBackingFd(random() % 3 == 0 ? -1 : fds[i]);
    std::this_thread::yield();
  }
  for (std::thread& reader : readers) reader.join();
  std::cout << "[ opens    ] " << opens << ", of these passthrough "
            << counters_.passthrough_opens.value() << "\n";
  EXPECT_GT(counters_.passthrough_opens.value(), 0);
  EXPECT_LT(counters_.passthrough_opens.value(), opens.load());
  EXPECT_EQ(session_->passthrough_state(), "on");
}

// What lists, looks up and is interrupted meanwhile leaves no lookup counted.
TEST_F(SessionLoadTest, KilledWalkersLeaveNothingBehind) {
  for (int f = 0; f < 4; ++f) {
    filesystem_.AddFolder(absl::StrCat("folder-", f));
    for (int i = 0; i < 300; ++i) {
      filesystem_.AddFile(absl::StrCat("folder-", f, "/", i), "x")->SetAsynchronous(true);
    }
  }
  filesystem_.SetValidFor(absl::ZeroDuration());
  Mount();
  for (int i = 0; i < 30; ++i) {
    const pid_t pid = Spawn({"grep", "-r", "y", mountpoint_});
    absl::SleepFor(absl::Milliseconds(i));  // somewhere in the middle
    kill(pid, SIGKILL);
    ExpectQuickEnd(pid, SIGKILL);
  }
  EXPECT_TRUE(Eventually([&] {
    std::ofstream("/proc/sys/vm/drop_caches") << "2\n";
    return filesystem_.lookup_count() == 0;
  })) << filesystem_.lookup_count();
}

}  // namespace
}  // namespace larder::fuse

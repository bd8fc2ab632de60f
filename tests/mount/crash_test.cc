// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// kill -9 of the daemon at random moments, while readers fill a cache that is smaller than the
// dataset, and grows and shrinks: the next daemon on the same cache folder is ready at once, serves
// every byte as the source has it, stays within the quota and has lost no space.
//
// LARDER_TEST_LONG=1: 200 rounds. LARDER_TEST_SEED=N: the rounds of that seed.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/mount/mount_fixture.h"
#include "tests/testing/disk_usage.h"
#include "tests/testing/rounds.h"

namespace larder::testing {
namespace {

constexpr uint64_t kMiB = 1 << 20;
// It takes some tens of milliseconds; a loaded machine gets more.
constexpr absl::Duration kReadyWithin = absl::Seconds(10);
// Folders, and extent trees of fragmented files.
constexpr uint64_t kSlack = 512 << 10;

class CrashTest : public MountTest {
 protected:
  struct RemoteFile {
    std::string path;
    std::string content;
  };

  void WriteDataset(std::mt19937_64& random) {
    for (unsigned i = 0; i < 300; ++i) {
      files_.push_back({absl::StrCat("small/", i), Pattern(1 + random() % 200000, i)});
    }
    for (unsigned i = 0; i < 10; ++i) {
      files_.push_back(
          {absl::StrCat("large/", i), Pattern(kMiB + random() % (16 * kMiB), 1000 + i)});
    }
    for (const RemoteFile& file : files_) WriteRemote(file.path, file.content);
  }

  // What a reader got of a file, against the source. Errors are fine once the daemon is being
  // killed.
  void ReadRange(const RemoteFile& file, uint64_t offset, size_t length) {
    const int fd = open(Path(file.path).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      EXPECT_TRUE(killing_) << file.path << ": " << strerror(errno);
      return;
    }
    std::string read(length, '\0');
    size_t done = 0;
    while (done < length) {
      const ssize_t n =
          pread(fd, read.data() + done, length - done, static_cast<off_t>(offset + done));
      EXPECT_TRUE(n >= 0 || killing_) << file.path << ": " << strerror(errno);
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    close(fd);
    const std::string_view want = std::string_view(file.content).substr(offset, done);
    EXPECT_TRUE(std::string_view(read).substr(0, done) == want)
        << "wrong bytes of " << file.path << " in " << done << " from " << offset;
    EXPECT_TRUE(done == length || killing_) << file.path << " ends at " << offset + done;
  }

  void ReadSome(uint64_t seed) {
    std::mt19937_64 random(seed);
    while (!killing_) {
      const RemoteFile& file = files_[random() % 3 == 0 ? 300 + random() % 10 : random() % 300];
      const uint64_t offset = random() % 4 == 0 ? 0 : random() % file.content.size();
      const size_t length = random() % 4 == 0 ? file.content.size() : 1 + random() % 500000;
      ReadRange(file, offset, std::min<size_t>(length, file.content.size() - offset));
    }
  }

  void ReadEverything() {
    std::atomic<size_t> next = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&] {
        for (size_t at = next++; at < files_.size(); at = next++) {
          ReadRange(files_[at], 0, files_[at].content.size());
        }
      });
    }
    for (std::thread& reader : readers) reader.join();
  }

  void KillWhileReading(std::mt19937_64& random) {
    std::vector<std::thread> readers;
    for (int i = 0; i < 6; ++i) {
      readers.emplace_back([this, seed = random()] { ReadSome(seed); });
    }
    absl::SleepFor(absl::Milliseconds(random() % 500));
    killing_ = true;
    Kill();
    for (std::thread& reader : readers) reader.join();
    killing_ = false;
  }

  // Another quota for the next mount: one that shrinks makes it evict at once.
  void MountWithAnyQuota(std::mt19937_64& random) {
    quota_ = (32 + random() % 3 * 8) * kMiB;
    const absl::Time start = absl::Now();
    Mount({"--cache-size", absl::StrCat(quota_), "--min-free", "0", "--memory", "64MiB",
           "--immutable"});
    EXPECT_LT(absl::Now() - start, kReadyWithin);
  }

  void ExpectWithinQuota() { EXPECT_LE(DiskUsage(cache_), quota_); }

  // In the end, what the folder takes is what the status tells, and what there are records of.
  void ExpectNoSpaceIsLost() {
    uint64_t on_disk = 0;
    uint64_t used = 0;
    uint64_t cached = 0;
    Eventually(
        [&] {
          on_disk = DiskUsage(cache_ + "/objects") + DiskUsage(cache_ + "/packs");
          const nlohmann::json status = Status();
          used = status["cache"]["used_bytes"].get<uint64_t>() -
                 status["cache"]["index_bytes"].get<uint64_t>();
          cached = status["datasets"][0]["cached_bytes"].get<uint64_t>() + 4096 * files_.size();
          return used <= on_disk + kSlack && on_disk <= used + kSlack && on_disk <= cached + kSlack;
        },
        absl::Seconds(10));
    EXPECT_LE(used, on_disk + kSlack) << "more is counted than is there";
    EXPECT_LE(on_disk, used + kSlack) << "more is there than is counted";
    EXPECT_LE(on_disk, cached + kSlack) << "bytes without a record stay";
  }

  std::vector<RemoteFile> files_;
  uint64_t quota_ = 0;
  std::atomic<bool> killing_ = false;
};

TEST_F(CrashTest, AKilledDaemonLeavesACacheThatIsRightAndWithinItsQuota) {
  const int rounds = Rounds{.full = 200, .usual = 8, .sanitized = 4}.count();
  const char* const chosen = getenv("LARDER_TEST_SEED");
  const uint64_t seed = chosen != nullptr ? strtoull(chosen, nullptr, 10) : std::random_device()();
  std::cout << "LARDER_TEST_SEED=" << seed << std::endl;
  std::mt19937_64 random(seed);
  WriteDataset(random);
  MountWithAnyQuota(random);
  if (HasFatalFailure()) return;
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    KillWhileReading(random);
    ExpectWithinQuota();
    MountWithAnyQuota(random);
    if (HasFatalFailure()) return;
    ExpectWithinQuota();
    // Every other time the next kill comes into the recount.
    if (round % 2 == 0) {
      ReadEverything();
      ExpectWithinQuota();
      ExpectNoSpaceIsLost();
    }
    if (HasFailure()) std::cout << "in round " << round << std::endl;
  }
  Unmount();
  ExpectWithinQuota();
}

}  // namespace
}  // namespace larder::testing

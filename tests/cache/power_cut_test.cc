// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Power cuts: whatever a disk may leave of what was not synced, no wrong byte is ever read, the
// quota holds and no space is lost. Each round is a few lives of a machine, each of which begins
// with what the cut at a random change of the one before it has left.
//
// LARDER_TEST_LONG=1: 200 rounds. LARDER_TEST_SEED=N: that round alone.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/mutex.h"
#include "cache/cache.h"
#include "gtest/gtest.h"
#include "tests/index/power_cut_file_system.h"
#include "tests/testing/disk_usage.h"
#include "tests/testing/memory_store.h"
#include "tests/testing/power_cut_disk.h"
#include "tests/testing/rounds.h"
#include "tests/testing/temp_dir.h"

namespace larder::cache {
namespace {

using larder::testing::DiskUsage;
using larder::testing::PowerCutDisk;

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kCapacity = 34 * kMiB;
constexpr int kLives = 3;
constexpr absl::Duration kLongestLife = absl::Milliseconds(600);

uint64_t Below(uint64_t limit, std::mt19937_64& random) {
  return std::uniform_int_distribution<uint64_t>(0, limit - 1)(random);
}

// One version of an object, and what a reader must get of it.
struct Version {
  ObjectSpec spec;
  std::shared_ptr<const std::string> bytes;
  // Bits of its cached bytes go bad: then it is read by whole blocks, which are always checked.
  bool rots = false;
};

// The remote: some of its objects get new versions while they are read. Thread-safe.
class Source {
 public:
  explicit Source(std::mt19937_64& random) {
    for (int i = 0; i < 150; ++i)
      Put(i, Below(i % 10 == 0 ? kMiB + 1 : 20000, random), i % 15 == 1);
    for (int i = 150; i < 162; ++i) Put(i, kMiB + 1 + Below(5 * kMiB, random), i % 6 == 0);
  }

  // Gives the version that is not on the remote any more.
  Version Renew(std::mt19937_64& random) {
    const size_t number = Below(current_count(), random);
    Version old = Current(number);
    Put(number, old.bytes->size(), old.rots);
    MutexLock lock(&mutex_);
    old_.push_back(old);
    if (old_.size() > 20) old_.erase(old_.begin());
    return old;
  }
  std::vector<Version> Everything() {
    MutexLock lock(&mutex_);
    std::vector<Version> all = current_;
    all.insert(all.end(), old_.begin(), old_.end());
    return all;
  }
  Version Any(std::mt19937_64& random) {
    MutexLock lock(&mutex_);
    if (!old_.empty() && Below(8, random) == 0) return old_[Below(old_.size(), random)];
    return current_[Below(current_.size(), random)];
  }
  larder::testing::MemoryStore& store() { return store_; }

 private:
  size_t current_count() {
    MutexLock lock(&mutex_);
    return current_.size();
  }
  Version Current(size_t number) {
    MutexLock lock(&mutex_);
    return current_[number];
  }
  void Put(size_t number, uint64_t size, bool rots) {
    const std::string name = absl::StrCat("object", number);
    const std::string tag = absl::StrCat("\"", name, ".", ++versions_, "\"");
    std::string bytes(size + sizeof(uint64_t), '\0');
    std::mt19937_64 words(std::hash<std::string>()(tag));
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
      const uint64_t word = words();
      std::copy_n(reinterpret_cast<const char*>(&word), sizeof(word), bytes.begin() + at);
    }
    bytes.resize(size);
    Version version;
    version.spec.id = Digest::Of({tag});
    version.spec.path = name;
    version.spec.version.size = size;
    version.spec.version.etag = tag;
    version.rots = rots;
    version.bytes = std::make_shared<const std::string>(bytes);
    store_.Put(name, std::move(bytes), tag);
    MutexLock lock(&mutex_);
    if (number >= current_.size()) current_.resize(number + 1);
    current_[number] = version;
  }

  larder::testing::MemoryStore store_;
  std::atomic<int> versions_ = 0;
  Mutex mutex_;
  std::vector<Version> current_ ABSL_GUARDED_BY(mutex_);
  std::vector<Version> old_ ABSL_GUARDED_BY(mutex_);
};

// A machine from its start to a power cut, or to an orderly end.
class Life {
 public:
  Life(Source* source, std::string folder, const std::string& boot_id, PowerCutDisk* disk)
      : source_(source), folder_(std::move(folder)), disk_(disk) {
    env_ = index::MakePowerCutEnv(disk);
    dataset_.id = 7;
    dataset_.store = &source->store();
    dataset_.counters = &counters_;
    options_.folder = folder_;
    options_.capacity_bytes = kCapacity;
    options_.memory_bytes = 16 * kMiB;
    options_.checkpoint_interval = absl::Milliseconds(40);
    options_.file_observer = disk;
    options_.index_env = env_.get();
    options_.boot_id = boot_id;
    auto cache = Cache::Create(options_);
    EXPECT_TRUE(cache.ok()) << cache.status();
    if (cache.ok()) cache_ = *std::move(cache);
  }
  ~Life() {
    if (cache_ != nullptr) cache_->Shutdown();
  }
  bool begun() const { return cache_ != nullptr; }
  Cache& cache() { return *cache_; }

  // Everything, first what the cache says is fit for passthrough, then parts, then wholes.
  // `rot`: bits may have gone bad.
  void ReadAllBack(std::mt19937_64& random, bool rot = false) {
    rot_ = rot;
    std::vector<Version> all = source_->Everything();
    std::shuffle(all.begin(), all.end(), random);
    for (const Version& version : all) {
      const auto object = Open(version);
      if (object == nullptr) continue;
      CheckBackingFile(version, *object);
      for (int i = 0; i < 3; ++i) ReadPart(version, *object, random);
      ReadRange(version, *object, {0, version.bytes->size()});
      CheckBackingFile(version, *object);
    }
  }

  // Readers, new versions, evictions, rot and records of the catalog at once, until the disk fails
  // or the time is over.
  void Work(uint64_t seed) {
    const absl::Time end = absl::Now() + kLongestLife;
    rot_ = true;
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < 4; ++i) {
      threads.emplace_back([this, seed, i, end] {
        std::mt19937_64 random(seed * 10 + i);
        while (!disk_->failed() && absl::Now() < end && !::testing::Test::HasFailure()) {
          if (i > 0) {
            ReadSome(random);
            absl::SleepFor(absl::Microseconds(Below(5000, random)));
          } else {
            Disturb(random);
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  // The index is as it has been at some moment: of numbers written in their order, the last ones
  // are there without a gap.
  void CheckCatalog() {
    std::vector<uint64_t> numbers;
    const absl::Status read =
        cache_->index().ForEachEntry({1, Digest()}, "", [&](auto, const index::EntryRecord& entry) {
          numbers.push_back(entry.size);
          return true;
        });
    EXPECT_TRUE(read.ok()) << read;
    std::sort(numbers.begin(), numbers.end());
    for (size_t i = 1; i < numbers.size(); ++i) {
      ASSERT_EQ(numbers[i], numbers[i - 1] + 1) << "a later record without an earlier one";
    }
    next_number_ = numbers.empty() ? 1 : numbers.back() + 1;
  }

  // What there are records of, in units of the disk.
  uint64_t RecordedBytes() {
    uint64_t bytes = 0;
    index::Index& index = cache_->index();
    const auto count = [&](const Digest& id, const index::ObjectRecord& record) {
      if (record.layout == index::Layout::kPack) bytes += RoundUp(record.size, 4096);
      (void)index.ForEachBlock(id, [&](uint32_t block, const index::BlockRecord&) {
        const uint64_t offset = uint64_t{block} * record.block_bytes;
        bytes += RoundUp(std::min<uint64_t>(record.block_bytes, record.size - offset), 4096);
      });
      return true;
    };
    EXPECT_TRUE(index.ForEachObject(Digest(), count).ok());
    return bytes;
  }

 private:
  static constexpr uint64_t kCatalogRing = 64;

  std::shared_ptr<CachedObject> Open(const Version& version) {
    auto object = cache_->Open(dataset_, version.spec);
    EXPECT_TRUE(object.ok()) << object.status();
    return object.ok() ? *std::move(object) : nullptr;
  }

  void ReadSome(std::mt19937_64& random) {
    const Version version = source_->Any(random);
    const auto object = Open(version);
    if (object == nullptr) return;
    for (uint64_t i = Below(4, random) + 1; i > 0; --i) ReadPart(version, *object, random);
  }

  void ReadPart(const Version& version, CachedObject& object, std::mt19937_64& random) {
    const uint64_t size = version.bytes->size();
    if (size == 0) return;
    ByteRange range{Below(size, random), 1 + Below(300000, random)};
    if (rot_ && version.rots) {
      const uint64_t first = RoundDown(range.offset, kMiB);
      range = ByteRange::FromTo(first, RoundUp(range.end(), kMiB));
    }
    ReadRange(version, object, range.ClampTo(size));
  }

  void ReadRange(const Version& version, CachedObject& object, ByteRange range) {
    std::promise<absl::StatusOr<std::string>> answer;
    object.Read(range, [&](absl::StatusOr<ReadBytes> bytes) {
      answer.set_value(bytes.ok() ? absl::StatusOr<std::string>(bytes->ToString())
                                  : absl::StatusOr<std::string>(bytes.status()));
    });
    const absl::StatusOr<std::string> read = answer.get_future().get();
    if (!read.ok()) {
      // A version that is not on the remote any more, of which not everything was cached.
      EXPECT_TRUE(absl::IsFailedPrecondition(read.status())) << read.status();
      return;
    }
    Check(version, range, *read, "read");
  }

  void Check(const Version& version, ByteRange range, std::string_view read, const char* how) {
    const std::string_view want =
        std::string_view(*version.bytes).substr(range.offset, range.length);
    if (read == want) return;
    const size_t at = static_cast<size_t>(
        std::mismatch(read.begin(), read.end(), want.begin(), want.end()).first - read.begin());
    ADD_FAILURE() << how << ": wrong bytes of " << version.spec.version.etag << ", size "
                  << version.bytes->size() << ", at " << range.offset + at << " of the read of "
                  << range.length << " from " << range.offset << " (" << read.size() << " came)";
  }

  // What the kernel would read by itself.
  void CheckBackingFile(const Version& version, CachedObject& object) {
    const std::optional<int> fd = object.BackingFd();
    if (!fd || (rot_ && version.rots)) return;
    std::string read(version.bytes->size() + 1, '\0');
    const ssize_t n = ::pread(*fd, read.data(), read.size(), 0);
    read.resize(static_cast<size_t>(std::max<ssize_t>(n, 0)));
    Check(version, {0, version.bytes->size()}, read, "passthrough");
  }

  void Disturb(std::mt19937_64& random) {
    switch (Below(40, random)) {
      case 0:
        cache_->Retire(source_->Renew(random).spec.id, /*replaced=*/true);
        break;
      case 1:
        Rot(source_->Any(random), random);
        break;
      case 2:
      case 3: {
        const auto evicted = cache_->Evict(dataset_.id, source_->Any(random).spec.path);
        EXPECT_TRUE(evicted.ok()) << evicted.status();
        break;
      }
      default: {
        absl::SleepFor(absl::Microseconds(300));
        index::EntryRecord entry;
        entry.size = next_number_++;
        entry.link_target.assign(1000, 'x');
        index::Batch batch;
        batch.PutEntry({1, Digest()}, absl::StrCat("name", entry.size % kCatalogRing), entry);
        EXPECT_TRUE(cache_->index().Write(std::move(batch)).ok());
      }
    }
  }

  void Rot(const Version& version, std::mt19937_64& random) {
    if (!version.rots || version.bytes->empty()) return;
    const auto record = cache_->index().GetObject(version.spec.id);
    if (!record.ok() || !*record) return;
    const bool packed = (*record)->layout == index::Layout::kPack;
    const std::string path = absl::StrCat(folder_, packed ? "/packs/" : "/objects/",
                                          absl::Hex((*record)->file_id, absl::kZeroPad16));
    // Not on the disk that the power cut leaves: there the block may be good, or be on its way out.
    const auto file = File::Open(path, O_RDWR);
    const uint64_t at = (*record)->offset + Below(version.bytes->size(), random);
    char byte = 0;
    if (!file.ok() || file->ReadAt(at, {&byte, 1}).value_or(0) == 0) return;
    byte ^= 4;
    EXPECT_TRUE(file->WriteAt(at, {&byte, 1}).ok());
  }

  Source* const source_;
  const std::string folder_;
  PowerCutDisk* const disk_;
  DatasetCounters counters_;
  Dataset dataset_;
  std::shared_ptr<rocksdb::Env> env_;
  CacheOptions options_;
  std::unique_ptr<Cache> cache_;
  std::atomic<bool> rot_ = false;  // there may be some
  uint64_t next_number_ = 1;
};

class PowerCutTest : public ::testing::Test {
 protected:
  void Round(uint64_t seed) {
    std::mt19937_64 random(seed);
    larder::testing::TempDir temporary;
    Source source(random);
    std::string folder = temporary.path() + "/life0";
    for (int life = 0; life < kLives && !HasFailure(); ++life) {
      PowerCutDisk disk(folder);
      const std::string image = absl::StrCat(temporary.path(), "/life", life + 1);
      {
        // A first start is whole; later ones may be cut short.
        if (life > 0) SetEnd(disk, random);
        Life machine(&source, folder, absl::StrCat("boot", life), &disk);
        if (life == 0) SetEnd(disk, random);
        ASSERT_TRUE(machine.begun());
        machine.CheckCatalog();
        if (life > 0) machine.ReadAllBack(random);
        machine.Work(seed + static_cast<uint64_t>(life));
        EXPECT_LE(DiskUsage(folder), kCapacity);
        EXPECT_EQ(disk.errors(), 0);
        disk.MakeImage(image, random);
      }
      std::filesystem::remove_all(folder);
      folder = image;
    }
    if (!HasFailure()) EndInOrder(&source, folder, random);
  }

  // Syncs are where promises are made: half of the cuts come at one.
  static void SetEnd(PowerCutDisk& disk, std::mt19937_64& random) {
    if (Below(2, random) == 0) {
      disk.FailAfterSyncs(Below(120, random));
    } else {
      disk.FailAfter(Below(Below(3, random) == 0 ? 100 : 3000, random));
    }
  }

  void EndInOrder(Source* source, const std::string& folder, std::mt19937_64& random) {
    PowerCutDisk disk(folder);
    {
      Life machine(source, folder, "boot last", &disk);
      ASSERT_TRUE(machine.begun());
      machine.ReadAllBack(random);
      machine.Work(random());
      EXPECT_LE(DiskUsage(folder), kCapacity);
    }
    Life machine(source, folder, "boot last", &disk);
    ASSERT_TRUE(machine.begun());
    // The recount runs behind; what it ends with is what is there. Blocks that the last cut has
    // taken, and nobody has missed yet, are counted by their records.
    uint64_t on_disk = 0;
    uint64_t used = 0;
    uint64_t recorded = 0;
    for (int i = 0; i < 1000; ++i) {
      on_disk = DiskUsage(folder + "/objects") + DiskUsage(folder + "/packs");
      recorded = machine.RecordedBytes();
      const CacheStatus status = machine.cache().GetStatus();
      used = status.used_bytes - status.index_bytes;
      if (used <= recorded + kSlack && on_disk <= used + kSlack) break;
      absl::SleepFor(absl::Milliseconds(10));
    }
    EXPECT_LE(used, recorded + kSlack) << "space is lost";
    EXPECT_LE(on_disk, used + kSlack) << "files hold more than is counted";
    machine.ReadAllBack(random, true);
    EXPECT_LE(DiskUsage(folder), kCapacity);
  }

  // The two folders themselves, and extent trees.
  static constexpr uint64_t kSlack = 128 << 10;
};

TEST_F(PowerCutTest, NoWrongByteIsEverRead) {
  const char* const only = std::getenv("LARDER_TEST_SEED");
  if (only != nullptr) return Round(std::strtoull(only, nullptr, 10));
  const int rounds = larder::testing::Rounds{.full = 200, .usual = 15, .sanitized = 3}.count();
  const uint64_t first = std::random_device()() % 1000000 * 1000;
  for (int round = 0; round < rounds; ++round) {
    Round(first + round);
    if (HasFailure()) {
      std::cout << "to repeat it: LARDER_TEST_SEED=" << first + round << std::endl;
      return;
    }
  }
}

}  // namespace
}  // namespace larder::cache

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_POWER_CUT_DISK_H_
#define LARDER_TESTS_TESTING_POWER_CUT_DISK_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/file_observer.h"
#include "base/mutex.h"

namespace larder::testing {

// Knows, of a folder whose changes it is told of, what a power cut may leave of it. What was synced
// stays. Of the rest each change may be there or not, whatever became of earlier and later ones; a
// write may be there in part, by sectors. A name (made, renamed, removed) may be there or not until
// its folder is synced; so files of which the bytes were synced can be lost, and removed ones can
// come back. Thread-safe.
class PowerCutDisk : public FileObserver {
 public:
  // What is in `folder` now is durable.
  explicit PowerCutDisk(std::string folder);

  // The power fails when this many more changes, or syncs alone, were begun; what happens later is
  // not noted.
  void FailAfter(uint64_t changes);
  void FailAfterSyncs(uint64_t syncs);
  void FailNow();
  bool failed() const { return failed_; }
  // Changes of cache files that the system refused, but for removals of what a cut has taken.
  int errors() const { return errors_; }

  // FileObserver: of cache files, and of RocksDB's by PowerCutFileSystem.
  void Before(const FileChange& change) override;
  void After(const FileChange& change, const absl::Status& result) override;
  void Renamed(const std::string& from, const std::string& to);
  // Around `sync`, which syncs the folder and tells whether it succeeded.
  bool SyncFolder(const std::string& folder, const std::function<bool()>& sync);

  // Writes what is left after the cut, as `random` will have it, into `target`, which is made.
  void MakeImage(const std::string& target, std::mt19937_64& random);

 private:
  // A change of a file's content, from its beginning on.
  struct Pending {
    FileChange::Kind kind;
    ByteRange range;
    std::string bytes;
    bool done = false;
  };
  struct Content {
    std::string durable;
    bool synced = false;
    std::vector<std::shared_ptr<Pending>> pending;  // since the last sync, in order
  };
  struct NameChange {
    enum class Kind : uint8_t { kMade, kRenamed, kRemoved };
    Kind kind;
    std::string path;
    std::string to;  // kRenamed
    std::shared_ptr<Content> content;
  };
  using Names = std::map<std::string, std::shared_ptr<Content>>;

  bool Counts(bool sync) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void Apply(const Pending& change, std::string* content);
  static void Apply(const NameChange& change, Names* names);
  static void ApplyInPart(const Pending& change, double lost, std::mt19937_64& random,
                          std::string* content);
  static std::string Left(const Content& content, std::mt19937_64& random);

  const std::string folder_;
  std::atomic<bool> failed_ = false;
  std::atomic<int> errors_ = 0;

  Mutex mutex_;
  uint64_t changes_left_ ABSL_GUARDED_BY(mutex_) = UINT64_MAX;
  uint64_t syncs_left_ ABSL_GUARDED_BY(mutex_) = UINT64_MAX;
  Names names_ ABSL_GUARDED_BY(mutex_);  // as programs see them
  Names durable_names_ ABSL_GUARDED_BY(mutex_);
  std::vector<NameChange> name_changes_ ABSL_GUARDED_BY(mutex_);  // not durable yet, in order
  // What each thread is about to change, or to sync.
  struct Begun {
    std::shared_ptr<Content> content;
    std::vector<std::shared_ptr<Pending>> changes;
  };
  absl::flat_hash_map<std::thread::id, Begun> begun_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_POWER_CUT_DISK_H_

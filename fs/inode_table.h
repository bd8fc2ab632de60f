// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_INODE_TABLE_H_
#define LARDER_FS_INODE_TABLE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/mutex.h"
#include "cache/cached_object.h"
#include "fs/filesystem.h"
#include "remote/object_store.h"

namespace larder::fs {

// What an inode number stands for, for as long as it lives.
struct Inode {
  std::string path;
  remote::EntryKind kind = remote::EntryKind::kFile;
  Digest id;                      // fs/identity.h
  remote::ObjectVersion version;  // folders and symlinks: mtime only
  std::string link_target;
  bool old = false;  // its path is known to have another version now, or none
};

// The inodes that the kernel has looked up and not forgotten: nothing else of the catalog is kept
// in memory. About 450 bytes each. Thread-safe; the lock is a leaf (nothing is called while it is
// held).
class InodeTable {
 public:
  // The root is there always, and does not count.
  explicit InodeTable(const Digest& root_id);

  // Counts one lookup. The number is the id's first 64 bits, or the next free one where another
  // live inode has that. The inode becomes its path's current one, the one that was is old from now
  // on.
  InodeNumber Add(const Inode& inode) ABSL_LOCKS_EXCLUDED(mutex_);
  // Lowers the lookup count; at 0 the inode is dropped. Unknown numbers are fine.
  void Forget(InodeNumber number, uint64_t count) ABSL_LOCKS_EXCLUDED(mutex_);
  // nullopt: not looked up.
  std::optional<Inode> Find(InodeNumber number) ABSL_LOCKS_EXCLUDED(mutex_);

  // The version at `path` has `current` now (nullptr: nothing is there any more): a live inode of
  // another is old. One that is current again is not.
  void SetCurrent(absl::string_view path, const Digest* current) ABSL_LOCKS_EXCLUDED(mutex_);

  // The object of a file that somebody has open, so that the next open need not ask the cache. Not
  // kept alive.
  void SetObject(InodeNumber number, const std::shared_ptr<cache::CachedObject>& object)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // nullptr: nobody has it open.
  std::shared_ptr<cache::CachedObject> FindObject(InodeNumber number) ABSL_LOCKS_EXCLUDED(mutex_);

  // The current inodes of `path` and all below it, with that of the folder each is in (0: that was
  // not looked up). `visit` is called under the lock.
  void ForEachBelow(
      absl::string_view path,
      const std::function<void(InodeNumber number, const Inode& inode, InodeNumber parent)>& visit)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Up to `limit` inodes that were added longest ago and are not open. The next call goes on from
  // there.
  std::vector<InodeNumber> Oldest(size_t limit) ABSL_LOCKS_EXCLUDED(mutex_);

  size_t size() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Live {
    Inode inode;
    uint64_t lookups = 0;
    std::weak_ptr<cache::CachedObject> object;
  };

  Mutex mutex_;
  absl::flat_hash_map<InodeNumber, std::unique_ptr<Live>> live_ ABSL_GUARDED_BY(mutex_);
  // In the order of their coming; those that are not live any more are among them.
  std::deque<InodeNumber> order_ ABSL_GUARDED_BY(mutex_);
  // The newest inode of each path that has a live one. The keys point into live_'s paths.
  absl::flat_hash_map<absl::string_view, InodeNumber> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_INODE_TABLE_H_

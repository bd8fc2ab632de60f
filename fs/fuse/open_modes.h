// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_OPEN_MODES_H_
#define LARDER_FS_FUSE_OPEN_MODES_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "cache/cached_object.h"
#include "fs/filesystem.h"
#include "fs/fuse/backing_files.h"

// The files that are open, and how: each inode is opened through the page cache (cached) or handed
// to the kernel with a local file behind it (passthrough), never both at a time:
//
//            open, BackingFd() and Register() give one
//     none ------------------------------------------> passthrough --+ open: the same backing id
//      |  \                                                 |      <-+
//      |   \ open, otherwise                                | last release: Unregister, none
//      |    ---------> cached --+ open: cached, even when the object is complete by now
//      |                 |    <-+
//      <-----------------+ last release: none
//
// Why: the kernel answers a cached open of an inode in passthrough, a passthrough open of an inode
// that is open cached, and a second backing file of one inode with errors which the application
// sees as EIO. It sends RELEASE after it has left the mode, so counting the opens that were
// answered, before the answer goes out, keeps this table at or ahead of the kernel.

namespace larder::fuse {

// Thread-safe. Locks: an inode's, then (alone) its shard's; Register and Unregister are called
// under the inode's: what they do must be one with what is counted, and it is one short ioctl.
class OpenModes {
 public:
  OpenModes() = default;
  OpenModes(const OpenModes&) = delete;
  OpenModes& operator=(const OpenModes&) = delete;

  // Until then every open is cached.
  void AllowPassthrough() { passthrough_.store(true); }
  void ForbidPassthrough() { passthrough_.store(false); }

  struct Opened {
    int backing_id = 0;    // 0: cached
    absl::Status refused;  // why Register failed, where it did; the open is cached then
  };
  // Counts one open of `inode`, whose object is kept until the last Release. To be undone by
  // Release where the answer does not reach the kernel.
  Opened Open(fs::InodeNumber inode, std::shared_ptr<cache::CachedObject> object,
              BackingFiles& files);
  void Release(fs::InodeNumber inode, BackingFiles& files);

  // The object of an inode that is open, else null.
  std::shared_ptr<cache::CachedObject> Find(fs::InodeNumber inode) const;
  // Inodes that are open.
  size_t size() const;

 private:
  struct OpenFile {
    Mutex mutex;
    std::shared_ptr<cache::CachedObject> object ABSL_GUARDED_BY(mutex);
    uint64_t opens ABSL_GUARDED_BY(mutex) = 0;
    int backing_id ABSL_GUARDED_BY(mutex) = 0;
    // Guarded by the shard's mutex: opens and calls under way; at 0 it leaves the table.
    uint64_t users = 0;
  };
  struct Shard {
    Mutex mutex;
    absl::flat_hash_map<fs::InodeNumber, std::shared_ptr<OpenFile>> files ABSL_GUARDED_BY(mutex);
  };
  static constexpr size_t kShards = 16;  // READs of 32 threads look a file up each

  Shard& ShardOf(fs::InodeNumber inode) const { return shards_[inode % kShards]; }

  std::atomic<bool> passthrough_{false};
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_OPEN_MODES_H_

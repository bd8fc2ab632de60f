// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FILESYSTEM_H_
#define LARDER_FS_FILESYSTEM_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "cache/cache.h"
#include "cache/cached_object.h"
#include "cache/dataset.h"
#include "remote/object_store.h"

// A dataset as a read-only POSIX filesystem, without the kernel: fs/fuse/ is a thin shell around
// it, and tests call it directly. It knows inodes, not FUSE's structures; it answers with
// absl::Status (base/errors.h), fs/fuse/ chooses the errno.

namespace larder::fs {

using InodeNumber = uint64_t;
inline constexpr InodeNumber kRootInode = 1;

struct FilesystemOptions {
  std::string source;  // canonical
  absl::Duration metadata_ttl = absl::Seconds(60);
  absl::Duration negative_ttl = absl::Seconds(5);
  bool immutable = false;  // nothing on the remote changes: no revalidation, infinite TTLs
  absl::Duration deadline = absl::Seconds(60);  // of each wait for the remote
  // How long a revalidation may take before the dataset counts as offline and the known answer is
  // served.
  absl::Duration revalidation_deadline = absl::Seconds(5);
  // While offline: how long after a failure the remote is probed again, at first and at most.
  absl::Duration first_probe = absl::Seconds(2);
  absl::Duration max_probe = absl::Seconds(30);
  uid_t uid = 0;
  gid_t gid = 0;
  // Names that the kernel has looked up take about 450 bytes each: beyond so many it is asked to
  // forget the oldest that are not in use, and soon gets listings without attributes.
  uint64_t max_inodes = 400'000;
  mode_t umask = 022;  // taken from 0666 (files) and 0777 (folders)
};

struct Node {
  InodeNumber inode = 0;
  remote::EntryKind kind = remote::EntryKind::kFile;
  uint64_t size = 0;
  absl::Time mtime;
  absl::Duration valid_for;  // how long the kernel may keep name and attributes
};

struct DirectoryEntry {
  std::string name;
  InodeNumber inode = 0;  // of `node` where known, else a guess that differs from other names'
                          // (d_ino of names only)
  remote::EntryKind kind = remote::EntryKind::kFile;
  bool has_node = false;  // false: names only; the kernel asks by lookup
  Node node;  // readdirplus; its inode counts as looked up once when `counted` was asked for
};

enum class State { kOnline, kOffline };

// Calls answer through `done` exactly once: before they return where no remote is needed, else on a
// thread of the filesystem, one at a time (so `done` must not wait for another answer). The result
// is a ticket for Cancel (0: answered). Thread-safe.
//
// Errors beside those named: FailedPrecondition for an inode that was not looked up (ESTALE),
// InvalidArgument for one of the wrong kind; while offline or if the remote refuses, the remote's
// own.
class Filesystem {
 public:
  // `cache`, `dataset` with its store, and `clock` are not owned and outlive it. InvalidArgument
  // for options that make no sense.
  static absl::StatusOr<std::unique_ptr<Filesystem>> Create(const FilesystemOptions& options,
                                                            cache::Cache* cache,
                                                            const cache::Dataset* dataset,
                                                            Clock* clock);
  // As Shutdown().
  virtual ~Filesystem() = default;

  using NodeCallback = std::function<void(absl::StatusOr<Node>)>;

  // `name` in folder `parent`; the node's lookup count grows by one on success. NotFound may be
  // kept for negative_ttl.
  virtual uint64_t Lookup(InodeNumber parent, absl::string_view name, NodeCallback done) = 0;
  // What the kernel should be asked to forget, at most `limit`: the oldest that are not open, where
  // there are more than max_inodes.
  virtual std::vector<InodeNumber> SurplusInodes(size_t limit) = 0;
  // Lowers the lookup count (FORGET). Unknown inodes are fine.
  virtual void Forget(InodeNumber inode, uint64_t count) = 0;
  // Those of the inode's version, which never change: no remote, answered at once, also when the
  // version is old.
  virtual uint64_t GetAttributes(InodeNumber inode, NodeCallback done) = 0;
  virtual absl::StatusOr<std::string> ReadLink(InodeNumber inode) = 0;

  // Up to `limit` entries of a folder, in the byte order of names, that come after the name `after`
  // (empty: from the start; "." and ".." are the caller's); none: the end. The whole listing is
  // fetched and kept in the catalog at the start where it is not known or too old, later only where
  // it is not known. Where the folder changes between two calls, each name that stays comes exactly
  // once.
  using ReadFolderCallback = std::function<void(absl::StatusOr<std::vector<DirectoryEntry>>)>;
  virtual uint64_t ReadFolder(InodeNumber folder, absl::string_view after, size_t limit,
                              bool counted, ReadFolderCallback done) = 0;

  // The object of a file, for reading; FailedPrecondition when its version is known to be old
  // (ESTALE: the kernel looks the name up again).
  virtual absl::StatusOr<std::shared_ptr<cache::CachedObject>> Open(InodeNumber inode) = 0;

  // user.larder.source, .etag, .cached; NotFound for others (ENODATA).
  virtual absl::StatusOr<std::string> GetExtendedAttribute(InodeNumber inode,
                                                           absl::string_view name) = 0;
  virtual std::vector<std::string> ListExtendedAttributes(InodeNumber inode) = 0;

  // The wait ends with Cancelled, on the caller's stack, unless its answer has come or is on its
  // way. The request goes on.
  virtual void Cancel(uint64_t ticket) = 0;

  // Files known in the catalog and their bytes; for statfs and status.
  struct Totals {
    uint64_t objects = 0;
    uint64_t size_bytes = 0;
  };
  virtual Totals totals() const = 0;
  virtual State state() const = 0;

  // For `refresh`: what is known at and below `path` ("": all) is asked of the remote again at its
  // next use, however fresh. What the kernel keeps of it is listed: live inodes of files and
  // symlinks by their names, and folders; the session tells the kernel to drop it.
  struct KernelName {
    InodeNumber parent = 0;  // 0: not looked up
    std::string name;
    InodeNumber inode = 0;
    remote::EntryKind kind = remote::EntryKind::kFile;
  };
  virtual std::vector<KernelName> Refresh(absl::string_view path) = 0;

  // For `warm`: every file at or below `path` (relative, "": all), breadth first, listing folders
  // as needed; NotFound where there is none. Called on the caller's thread, waits. The inode can be
  // opened during `visit`; an error of `visit` ends the walk and is its result. Symlinks are passed
  // over.
  virtual absl::Status Walk(
      absl::string_view path,
      const std::function<absl::Status(const std::string& path, InodeNumber inode, uint64_t size)>&
          visit) = 0;

  // Stops probes, cancels what waits. Then nothing calls back any more.
  virtual void Shutdown() = 0;
};

}  // namespace larder::fs

#endif  // LARDER_FS_FILESYSTEM_H_

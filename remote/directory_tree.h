// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_DIRECTORY_TREE_H_
#define LARDER_REMOTE_DIRECTORY_TREE_H_

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "base/mutex.h"
#include "remote/object_store.h"

namespace larder::remote {

// A local folder (NFS, Lustre, a disk) read through system calls, which block as long as the
// filesystem likes. Nothing outside the folder is ever reached: every component is opened by
// itself, and no symlink is followed. Thread-safe.
//
// Errors: NotFound (also for a path through a symlink, and for sockets, fifos and devices);
// PermissionDenied; Unavailable where the filesystem fails, and where the root is gone or no longer
// the filesystem that it was (unmounted); all with the path.
class DirectoryTree {
 public:
  static constexpr size_t kMaxFolderEntries = 10'000'000;

  explicit DirectoryTree(std::string root) : root_(std::move(root)) {}

  // Folders, files and symlinks; what else there is, is left out. `stop` is asked now and then:
  // true ends it with Cancelled. ResourceExhausted: more than kMaxFolderEntries.
  absl::StatusOr<ListPage> List(absl::string_view path, const std::function<bool()>& stop);
  absl::StatusOr<Attributes> Stat(absl::string_view path);
  absl::StatusOr<File> OpenFile(absl::string_view path);

  // Size, time to the nanosecond, and a tag made of the time of the last change of any kind
  // (ctime), which unlike mtime can't be set: a file replaced by one of the same size and mtime has
  // another. Inode numbers would say no more, and change by themselves on some filesystems.
  static ObjectVersion VersionOf(const struct stat& attributes);

  // root/path, for people.
  std::string Name(absl::string_view path) const;

 private:
  // What a filesystem is recognised by after its root was opened anew.
  struct Identity {
    dev_t device;
    int64_t type;  // statfs f_type
  };

  absl::StatusOr<File> OpenRoot() ABSL_LOCKS_EXCLUDED(mutex_);
  // `path` opened by its components; the last with `flags`.
  absl::StatusOr<File> Open(absl::string_view path, int flags);
  absl::Status Failed(int error_number, absl::string_view path) const;
  absl::StatusOr<std::string> ReadLink(int folder, const std::string& name,
                                       absl::string_view path) const;
  absl::Status AddEntry(int folder, const char* name, absl::string_view path, ListPage* page) const;

  const std::string root_;
  Mutex mutex_;
  std::optional<Identity> identity_ ABSL_GUARDED_BY(mutex_);  // as first seen
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_DIRECTORY_TREE_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_CACHE_FOLDER_H_
#define LARDER_CACHE_CACHE_FOLDER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"

namespace larder::cache {

// CACHE_DIR/{VERSION,lock,index/,objects/,packs/}: its making, its lock, and the names in it.
// Immutable after creation.
class CacheFolder {
 public:
  // Makes what is missing, checks what is there, takes the lock. FailedPrecondition: not empty and
  // no cache; used by a running daemon (the message has its pid); a format of another release.
  // `observer` (not owned, may be null) is told of all changes of packs and object files.
  static absl::StatusOr<std::unique_ptr<CacheFolder>> Open(const std::string& path,
                                                           FileObserver* observer = nullptr);

  // Empties a cache folder of any release's format, so that the next Open begins anew; the folder
  // itself stays. NotFound: there is no such folder. FailedPrecondition: it is no cache, a daemon
  // uses it, or it holds something that is no cache's (which is named, and left).
  static absl::Status Drop(const std::string& path);

  // Notes that a run begins on this boot; then, at its end, that all it wrote to the index's log is
  // on disk. LastRunLeftLogWhole, of the run before this one: it ended so, or the machine has not
  // gone down since. Then the log has no torn end, and what is bad in it has rotted.
  absl::Status NoteRunning(const std::string& boot_id) const;
  absl::Status NoteEnded() const;
  bool LastRunLeftLogWhole(const std::string& boot_id) const;

  // The index is broken: the next start drops it (DropContents).
  absl::Status MarkBroken() const;
  bool IsMarkedBroken() const;
  // There are packs or object files.
  absl::StatusOr<bool> HoldsFiles() const;
  // Removes packs, object files and the index. If it does not come to its end, what is left is
  // marked as broken.
  absl::Status DropContents() const;

  const std::string& path() const { return path_; }
  std::string index_path() const { return path_ + "/index"; }
  std::string objects_path() const { return path_ + "/objects"; }
  std::string packs_path() const { return path_ + "/packs"; }
  std::string ObjectFilePath(uint64_t file_id) const;
  std::string PackPath(uint64_t file_id) const;
  // The file id of a name made by the two above; 0 for other names.
  static uint64_t FileIdOf(const std::string& name);

  // Packs and object files are made, opened and removed here, and nowhere else. Created: must not
  // exist yet.
  absl::StatusOr<File> CreateFile(const std::string& file_path) const;
  absl::StatusOr<File> OpenFile(const std::string& file_path) const;
  absl::Status Unlink(const std::string& file_path) const;

  // What others can still write to this disk (f_bavail), in bytes.
  absl::StatusOr<uint64_t> DiskFreeBytes() const;
  // Writes a page, syncs it and removes it: does the disk take writes?
  absl::Status ProbeWrite() const;

 private:
  CacheFolder(std::string path, File lock, std::string last_run, FileObserver* observer)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        last_run_(std::move(last_run)),
        observer_(observer) {}

  const std::string path_;
  const File lock_;             // flock(2): gone with the process, however it ends
  const std::string last_run_;  // what the run before this one left in it
  FileObserver* const observer_;
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_CACHE_FOLDER_H_

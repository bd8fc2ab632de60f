// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_FILE_H_
#define LARDER_BASE_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/byte_range.h"

namespace larder {

class FileObserver;
struct FileChange;

// An open file descriptor with its path (for messages). Movable; closes itself.
// Calls are thread-safe as far as the kernel's are (positional I/O is). Errors carry
// the path and errno's text; ENOSPC is ResourceExhausted.
class File {
 public:
  File() = default;
  File(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // open(2) with O_CLOEXEC added. `observer`, which is not owned, is told of the file's changes;
  // null: nobody is.
  static absl::StatusOr<File> Open(const std::string& path, int flags, mode_t mode = 0600,
                                   FileObserver* observer = nullptr);

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  const std::string& path() const { return path_; }

  // Reads until `out` is full or the file ends; the number of bytes read.
  absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> out) const;
  absl::Status WriteAt(uint64_t offset, std::span<const char> bytes) const;
  // Allocates blocks for `range` without changing the file's size. Unimplemented where the
  // filesystem can't.
  absl::Status Preallocate(ByteRange range) const;
  // Frees the blocks of `range`, which then reads as zeros. Unimplemented where the filesystem
  // can't. Blocks that were preallocated beyond the file's end may stay (ext4): FreeBeyondEnd.
  absl::Status PunchHole(ByteRange range) const;
  absl::Status Truncate(uint64_t size) const;
  // Frees the blocks beyond the file's end. Nobody may write to the file meanwhile: what comes
  // would be cut off.
  absl::Status FreeBeyondEnd() const;
  absl::Status SyncData() const;
  absl::StatusOr<uint64_t> Size() const;
  // Bytes of disk in use (st_blocks * 512).
  absl::StatusOr<uint64_t> AllocatedBytes() const;

 private:
  // Makes a change with `change_file` (errno's way of telling), around it tells the observer.
  template <typename ChangeFile>
  absl::Status Change(const FileChange& change, absl::string_view doing,
                      const ChangeFile& change_file) const;

  int fd_ = -1;
  std::string path_;
  FileObserver* observer_ = nullptr;
};

// unlink(2). A name that is not there is NotFound.
absl::Status UnlinkFile(const std::string& path, FileObserver* observer = nullptr);

// The whole content of a small file; NotFound where there is none. At most `limit_bytes`, else
// ResourceExhausted.
absl::StatusOr<std::string> ReadFileToString(const std::string& path, size_t limit_bytes = 1 << 20);

// fsync(2) of a folder: the names in it outlast a power cut.
absl::Status SyncFolder(const std::string& path);

// Writes a temporary beside `path` and renames it over: readers see the old or the new content, and
// after a power cut it is the new one. The temporary's name is `path`, a dot, digits and ".tmp".
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content);

// mkdir -p with `mode` for those made; fine where it is there already.
absl::Status MakeFolders(const std::string& path, mode_t mode = 0700);

}  // namespace larder

#endif  // LARDER_BASE_FILE_H_

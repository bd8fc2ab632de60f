// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/file_observer.h"

namespace larder {

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

File::File(File&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      observer_(other.observer_) {}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
    path_ = std::move(other.path_);
    observer_ = other.observer_;
  }
  return *this;
}

absl::StatusOr<File> File::Open(const std::string& path, int flags, mode_t mode,
                                FileObserver* observer) {
  const auto open_file = [&]() -> absl::StatusOr<File> {
    int fd;
    do {
      fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return ErrnoError(errno, path);
    return File(fd, path);
  };
  if (observer == nullptr) return open_file();
  const FileChange create{FileChange::Kind::kCreate, path};
  const bool creates = (flags & O_CREAT) != 0;
  if (creates) observer->Before(create);
  absl::StatusOr<File> file = open_file();
  if (creates) observer->After(create, file.status());
  if (file.ok()) file->observer_ = observer;
  return file;
}

template <typename ChangeFile>
absl::Status File::Change(const FileChange& change, absl::string_view doing,
                          const ChangeFile& change_file) const {
  if (observer_ != nullptr) observer_->Before(change);
  absl::Status status;
  if (change_file() != 0) {
    status = errno == EOPNOTSUPP
                 ? absl::UnimplementedError(absl::StrCat(doing, path_, ": the disk can't"))
                 : ErrnoError(errno, absl::StrCat(doing, path_));
  }
  if (observer_ != nullptr) observer_->After(change, status);
  return status;
}

absl::StatusOr<size_t> File::ReadAt(uint64_t offset, std::span<char> out) const {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, absl::StrCat("reading ", path_));
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

absl::Status File::WriteAt(uint64_t offset, std::span<const char> bytes) const {
  const FileChange change{FileChange::Kind::kWrite, path_, {offset, bytes.size()}, bytes};
  return Change(change, "writing ", [&] {
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return -1;
      offset += static_cast<uint64_t>(n);
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
    return 0;
  });
}

absl::Status File::Preallocate(ByteRange range) const {
  if (range.empty()) return absl::OkStatus();
  return Change({FileChange::Kind::kPreallocate, path_, range}, "allocating space for ", [&] {
    return ::fallocate(fd_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(range.offset),
                       static_cast<off_t>(range.length));
  });
}

absl::Status File::PunchHole(ByteRange range) const {
  if (range.empty()) return absl::OkStatus();
  return Change({FileChange::Kind::kPunch, path_, range}, "freeing space of ", [&] {
    return ::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                       static_cast<off_t>(range.offset), static_cast<off_t>(range.length));
  });
}

absl::Status File::Truncate(uint64_t size) const {
  return Change({FileChange::Kind::kTruncate, path_, {size, 0}}, "cutting ",
                [&] { return ::ftruncate(fd_, static_cast<off_t>(size)); });
}

absl::Status File::FreeBeyondEnd() const {
  LARDER_ASSIGN_OR_RETURN(const uint64_t size, Size());
  return Truncate(size);
}

absl::Status File::SyncData() const {
  return Change({FileChange::Kind::kSync, path_}, "syncing ", [&] { return ::fdatasync(fd_); });
}

absl::StatusOr<uint64_t> File::Size() const {
  struct stat st;
  if (::fstat(fd_, &st) != 0) return ErrnoError(errno, path_);
  return static_cast<uint64_t>(st.st_size);
}

absl::StatusOr<uint64_t> File::AllocatedBytes() const {
  struct stat st;
  if (::fstat(fd_, &st) != 0) return ErrnoError(errno, path_);
  return static_cast<uint64_t>(st.st_blocks) * 512;
}

absl::Status UnlinkFile(const std::string& path, FileObserver* observer) {
  const FileChange change{FileChange::Kind::kUnlink, path};
  if (observer != nullptr) observer->Before(change);
  absl::Status status;
  if (::unlink(path.c_str()) != 0) status = ErrnoError(errno, absl::StrCat("removing ", path));
  if (observer != nullptr) observer->After(change, status);
  return status;
}

absl::StatusOr<std::string> ReadFileToString(const std::string& path, size_t limit_bytes) {
  LARDER_ASSIGN_OR_RETURN(File file, File::Open(path, O_RDONLY));
  std::string content;
  char buffer[16384];
  while (true) {
    LARDER_ASSIGN_OR_RETURN(size_t n, file.ReadAt(content.size(), buffer));
    if (n == 0) return content;
    content.append(buffer, n);
    if (content.size() > limit_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, " is larger than ", limit_bytes, " bytes"));
    }
  }
}

absl::Status SyncFolder(const std::string& path) {
  LARDER_ASSIGN_OR_RETURN(const File folder, File::Open(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(folder.fd()) == 0) return absl::OkStatus();
  return ErrnoError(errno, absl::StrCat("syncing ", path));
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content) {
  const std::string temporary = absl::StrCat(path, ".", ::getpid(), ".tmp");
  {
    LARDER_ASSIGN_OR_RETURN(File file, File::Open(temporary, O_WRONLY | O_CREAT | O_TRUNC));
    LARDER_RETURN_IF_ERROR(file.WriteAt(0, {content.data(), content.size()}));
    LARDER_RETURN_IF_ERROR(file.SyncData());
  }
  if (::rename(temporary.c_str(), path.c_str()) == 0) {
    const size_t slash = path.find_last_of('/');
    return SyncFolder(slash == std::string::npos ? "." : path.substr(0, slash + 1));
  }
  const int error = errno;
  ::unlink(temporary.c_str());
  return ErrnoError(error, absl::StrCat("renaming to ", path));
}

absl::Status MakeFolders(const std::string& path, mode_t mode) {
  for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string folder = path.substr(0, at);
    if (::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST) {
      return ErrnoError(errno, absl::StrCat("making ", folder));
    }
    if (at == std::string::npos) break;
  }
  struct stat st;
  if (::stat(path.c_str(), &st) != 0) return ErrnoError(errno, path);
  if (!S_ISDIR(st.st_mode)) return ErrnoError(ENOTDIR, path);
  return absl::OkStatus();
}

}  // namespace larder

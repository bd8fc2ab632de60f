// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/cache_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/errors.h"
#include "index/records.h"

namespace larder::cache {
namespace {

constexpr absl::string_view kVersionPrefix = "larder cache format ";

absl::StatusOr<bool> IsEmpty(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return ErrnoError(errno, absl::StrCat("cache folder ", path));
  bool empty = true;
  while (const dirent* entry = ::readdir(folder)) {
    const absl::string_view name = entry->d_name;
    // A file system's own folder, made by mkfs at the top of a disk of its own.
    if (name != "." && name != ".." && name != "lost+found") empty = false;
  }
  ::closedir(folder);
  return empty;
}

absl::Status CheckVersion(const std::string& path) {
  const std::string file = path + "/VERSION";
  absl::StatusOr<std::string> content = ReadFileToString(file, 4096);
  const std::string ours = absl::StrCat(kVersionPrefix, index::kFormatVersion, "\n");
  if (content.ok()) {
    if (*content == ours) return absl::OkStatus();
    if (absl::StartsWith(*content, kVersionPrefix)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "cache folder ", path, " has format ",
          absl::StripTrailingAsciiWhitespace(content->substr(kVersionPrefix.size())),
          ", this release reads format ", index::kFormatVersion,
          ": use the release that made it, or remove the folder to begin an empty cache"));
    }
    return absl::FailedPreconditionError(
        absl::StrCat(file, " is not larder's: choose another --cache-dir"));
  }
  if (!absl::IsNotFound(content.status())) return content.status();
  LARDER_ASSIGN_OR_RETURN(const bool empty, IsEmpty(path));
  if (!empty) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cache folder ", path,
        " is not empty and is no larder cache: choose another --cache-dir, or empty it"));
  }
  return WriteFileAtomically(file, ours);
}

absl::StatusOr<File> TakeLock(const std::string& path) {
  LARDER_ASSIGN_OR_RETURN(File lock, File::Open(path + "/lock", O_RDWR | O_CREAT));
  if (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoError(errno, lock.path());
    const absl::StatusOr<std::string> pid = ReadFileToString(lock.path(), 64);
    return absl::FailedPreconditionError(
        absl::StrCat("cache folder ", path, " is in use by the larder daemon with pid ",
                     pid.ok() ? absl::StripAsciiWhitespace(*pid) : "unknown",
                     ": unmount it first, or choose another --cache-dir"));
  }
  LARDER_RETURN_IF_ERROR(lock.Truncate(0));
  const std::string pid = absl::StrCat(::getpid(), "\n");
  LARDER_RETURN_IF_ERROR(lock.WriteAt(0, pid));
  return lock;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CacheFolder>> CacheFolder::Open(const std::string& path,
                                                               FileObserver* observer) {
  LARDER_RETURN_IF_ERROR(WithContext(MakeFolders(path), "cache folder"));
  // VERSION comes before the lock: a foreign folder must get no file of ours.
  LARDER_RETURN_IF_ERROR(CheckVersion(path));
  LARDER_ASSIGN_OR_RETURN(File lock, TakeLock(path));
  if (::chmod(path.c_str(), 0700) != 0) return ErrnoError(errno, path);
  std::unique_ptr<CacheFolder> folder(new CacheFolder(path, std::move(lock), observer));
  for (const std::string& sub :
       {folder->index_path(), folder->objects_path(), folder->packs_path()}) {
    LARDER_RETURN_IF_ERROR(MakeFolders(sub));
  }
  return folder;
}

std::string CacheFolder::ObjectFilePath(uint64_t file_id) const {
  return absl::StrFormat("%s/%016x", objects_path(), file_id);
}

std::string CacheFolder::PackPath(uint64_t file_id) const {
  return absl::StrFormat("%s/%016x", packs_path(), file_id);
}

uint64_t CacheFolder::FileIdOf(const std::string& name) {
  uint64_t id = 0;
  if (name.size() != 16 || !absl::SimpleHexAtoi(name, &id)) return 0;
  return id;
}

absl::StatusOr<File> CacheFolder::CreateFile(const std::string& file_path) const {
  return File::Open(file_path, O_RDWR | O_CREAT | O_EXCL, 0600, observer_);
}

absl::StatusOr<File> CacheFolder::OpenFile(const std::string& file_path) const {
  return File::Open(file_path, O_RDWR, 0600, observer_);
}

absl::Status CacheFolder::Unlink(const std::string& file_path) const {
  return UnlinkFile(file_path, observer_);
}

absl::StatusOr<uint64_t> CacheFolder::DiskFreeBytes() const {
  struct statvfs st;
  if (::statvfs(path_.c_str(), &st) != 0) return ErrnoError(errno, path_);
  return static_cast<uint64_t>(st.f_bavail) * st.f_frsize;
}

absl::Status CacheFolder::ProbeWrite() const {
  const std::string path = path_ + "/probe";
  absl::StatusOr<File> file = File::Open(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.ok()) return file.status();
  absl::Status status = file->WriteAt(0, std::string(4096, '.'));
  if (status.ok()) status = file->SyncData();
  (void)::unlink(path.c_str());
  return status;
}

}  // namespace larder::cache

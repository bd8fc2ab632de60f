// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/cache_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/errors.h"
#include "index/records.h"

namespace larder::cache {
namespace {

constexpr absl::string_view kVersionPrefix = "larder cache format ";
constexpr absl::string_view kEndedInOrder = "ended in order";

// What a start leaves that was killed at once.
bool IsVersionsTemporary(absl::string_view name) {
  return absl::StartsWith(name, "VERSION.") && absl::EndsWith(name, ".tmp");
}

absl::StatusOr<bool> IsEmpty(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return ErrnoError(errno, absl::StrCat("cache folder ", path));
  bool empty = true;
  while (const dirent* entry = ::readdir(folder)) {
    const absl::string_view name = entry->d_name;
    // A file system's own folder, made by mkfs at the top of a disk of its own.
    if (name == "." || name == ".." || name == "lost+found") continue;
    if (!IsVersionsTemporary(name)) empty = false;
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
          ": use the release that made it, or begin an empty cache: larder drop-cache --cache-dir ",
          path));
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

// What nobody but a cache puts there; the index first, without which the rest is only bytes, so
// that a drop that is cut off leaves no record of bytes that are gone.
constexpr absl::string_view kOwnNames[] = {"index", "objects", "packs", "probe"};

// The first name in the folder that is none of a cache's; empty: there is none.
absl::StatusOr<std::string> ForeignName(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return ErrnoError(errno, absl::StrCat("cache folder ", path));
  std::string foreign;
  while (const dirent* entry = ::readdir(folder)) {
    const absl::string_view name = entry->d_name;
    const bool own =
        name == "." || name == ".." || name == "lost+found" || name == "lock" ||
        name == "VERSION" || IsVersionsTemporary(name) ||
        std::find(std::begin(kOwnNames), std::end(kOwnNames), name) != std::end(kOwnNames);
    if (!own) foreign = std::string(name);
  }
  ::closedir(folder);
  return foreign;
}

// The names in a folder, but for "." and "..".
absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return ErrnoError(errno, path);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  ::closedir(folder);
  return names;
}

// Takes the lock, and gives what the run before left in its file: its pid, its boot id, and
// kEndedInOrder, a line each.
absl::StatusOr<File> TakeLock(const std::string& path, std::string* last_run) {
  LARDER_ASSIGN_OR_RETURN(File lock, File::Open(path + "/lock", O_RDWR | O_CREAT));
  if (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoError(errno, lock.path());
    const absl::StatusOr<std::string> content = ReadFileToString(lock.path(), 4096);
    const absl::StatusOr<std::string> pid =
        content.ok() ? content->substr(0, content->find('\n')) : content;
    return absl::FailedPreconditionError(
        absl::StrCat("cache folder ", path, " is in use by the larder daemon with pid ",
                     pid.ok() ? absl::StripAsciiWhitespace(*pid) : "unknown",
                     ": unmount it first, or choose another --cache-dir"));
  }
  struct stat held;
  struct stat named;
  if (::fstat(lock.fd(), &held) != 0) return ErrnoError(errno, lock.path());
  if (::stat(lock.path().c_str(), &named) != 0 || held.st_ino != named.st_ino) {
    return absl::FailedPreconditionError(
        absl::StrCat("cache folder ", path, " is just being dropped: try again"));
  }
  *last_run = ReadFileToString(lock.path(), 4096).value_or("");
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
  std::string last_run;
  LARDER_ASSIGN_OR_RETURN(File lock, TakeLock(path, &last_run));
  if (::chmod(path.c_str(), 0700) != 0) return ErrnoError(errno, path);
  std::unique_ptr<CacheFolder> folder(
      new CacheFolder(path, std::move(lock), std::move(last_run), observer));
  for (const std::string& sub :
       {folder->index_path(), folder->objects_path(), folder->packs_path()}) {
    LARDER_RETURN_IF_ERROR(MakeFolders(sub));
  }
  return folder;
}

absl::Status CacheFolder::Drop(const std::string& path) {
  const std::string version = path + "/VERSION";
  const absl::StatusOr<std::string> content = ReadFileToString(version, 4096);
  if (!content.ok() || !absl::StartsWith(*content, kVersionPrefix)) {
    if (::access(path.c_str(), F_OK) != 0) return ErrnoError(errno, path);
    return absl::FailedPreconditionError(absl::StrCat(path, " is no larder cache"));
  }
  std::string last_run;
  LARDER_ASSIGN_OR_RETURN(const File lock, TakeLock(path, &last_run));
  for (const absl::string_view name : kOwnNames) {
    std::error_code error;
    std::filesystem::remove_all(absl::StrCat(path, "/", name), error);
    if (error) return ErrnoError(error.value(), absl::StrCat(path, "/", name));
  }
  LARDER_ASSIGN_OR_RETURN(const std::string foreign, ForeignName(path));
  if (!foreign.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is emptied but for ", foreign,
                     ", which this release knows nothing of: remove it, and try again"));
  }
  // A daemon that comes now finds no cache, or the lock taken, or its lock gone.
  if (::unlink(version.c_str()) != 0) return ErrnoError(errno, version);
  if (::unlink(lock.path().c_str()) != 0) return ErrnoError(errno, lock.path());
  return absl::OkStatus();
}

absl::Status CacheFolder::NoteRunning(const std::string& boot_id) const {
  LARDER_RETURN_IF_ERROR(lock_.WriteAt(0, absl::StrCat(::getpid(), "\n", boot_id, "\n")));
  return lock_.SyncData();
}

absl::Status CacheFolder::NoteEnded() const {
  LARDER_ASSIGN_OR_RETURN(const uint64_t end, lock_.Size());
  LARDER_RETURN_IF_ERROR(lock_.WriteAt(end, absl::StrCat(kEndedInOrder, "\n")));
  return lock_.SyncData();
}

bool CacheFolder::LastRunLeftLogWhole(const std::string& boot_id) const {
  const std::vector<std::string> lines = absl::StrSplit(last_run_, '\n');
  if (lines.size() > 2 && lines[2] == kEndedInOrder) return true;
  return lines.size() > 1 && !boot_id.empty() && lines[1] == boot_id;
}

absl::Status CacheFolder::MarkBroken() const {
  return WriteFileAtomically(index_path() + "/BROKEN", "");
}

bool CacheFolder::IsMarkedBroken() const {
  return ::access((index_path() + "/BROKEN").c_str(), F_OK) == 0;
}

absl::StatusOr<bool> CacheFolder::HoldsFiles() const {
  for (const std::string& sub : {packs_path(), objects_path()}) {
    LARDER_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(sub));
    if (!names.empty()) return true;
  }
  return false;
}

absl::Status CacheFolder::DropContents() const {
  LARDER_RETURN_IF_ERROR(MarkBroken());
  // The mark goes last, when a power cut can't bring the others back.
  for (const std::string& sub : {packs_path(), objects_path(), index_path()}) {
    LARDER_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(sub));
    for (const std::string& name : names) {
      if (name != "BROKEN") LARDER_RETURN_IF_ERROR(Unlink(absl::StrCat(sub, "/", name)));
    }
    LARDER_RETURN_IF_ERROR(SyncFolder(sub));
  }
  return UnlinkFile(index_path() + "/BROKEN");
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

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/directory_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/errors.h"
#include "remote/posix_names.h"

namespace larder::remote {
namespace {

constexpr int kStopEvery = 256;  // entries of a listing between two questions whether to stop

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

absl::Time ToTime(const timespec& time) { return absl::TimeFromTimespec(time); }

}  // namespace

ObjectVersion DirectoryTree::VersionOf(const struct stat& attributes) {
  ObjectVersion version;
  version.size = static_cast<uint64_t>(attributes.st_size);
  version.mtime = ToTime(attributes.st_mtim);
  version.etag =
      absl::StrFormat("\"c%x.%x\"", attributes.st_ctim.tv_sec, attributes.st_ctim.tv_nsec);
  return version;
}

std::string DirectoryTree::Name(absl::string_view path) const {
  if (path.empty()) return root_;
  return absl::StrCat(root_, root_ == "/" ? "" : "/", path);
}

absl::Status DirectoryTree::Failed(int error_number, absl::string_view path) const {
  const std::string name = Name(path);
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return absl::NotFoundError(absl::StrCat(name, ": no such file or folder"));
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(
          absl::StrCat(name, ": permission denied: the user who runs larder (uid ", geteuid(),
                       ") must be able to read it"));
    default:
      return absl::UnavailableError(absl::StrCat(name, ": ", std::strerror(error_number)));
  }
}

absl::StatusOr<File> DirectoryTree::OpenRoot() {
  File root(open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), root_);
  const int open_error = errno;
  MutexLock lock(&mutex_);
  if (!root.is_open()) {
    const absl::Status failed = Failed(open_error, "");
    if (!identity_.has_value()) {
      return absl::IsNotFound(failed)
                 ? absl::NotFoundError(absl::StrCat(
                       root_, ": no such folder: check the path, and that it is mounted"))
                 : failed;
    }
    // What was there and is not any more says nothing of the objects in it.
    return absl::UnavailableError(absl::StrCat(root_, ": can't be opened any more (",
                                               std::strerror(open_error),
                                               "): is it still mounted?"));
  }
  struct stat now;
  struct statfs filesystem;
  if (fstat(root.fd(), &now) != 0) return Failed(errno, "");
  if (identity_.has_value() && identity_->device == now.st_dev) return root;
  if (fstatfs(root.fd(), &filesystem) != 0) return Failed(errno, "");
  if (identity_.has_value()) {
    // A network filesystem gets a new device number with each mount; a disk keeps its own.
    const bool mounted_anew = major(identity_->device) == 0 && identity_->type == filesystem.f_type;
    if (!mounted_anew) {
      return absl::UnavailableError(absl::StrCat(
          root_, ": is on another filesystem than when it was mounted: is it still mounted?"));
    }
  }
  identity_ = Identity{now.st_dev, filesystem.f_type};
  return root;
}

absl::StatusOr<File> DirectoryTree::Open(absl::string_view path, int flags) {
  if (!IsPosixPath(path)) return Failed(ENOENT, path);
  LARDER_ASSIGN_OR_RETURN(File at, OpenRoot());
  absl::string_view rest = path;
  do {
    const size_t slash = rest.find('/');
    const std::string component = rest.empty() ? "." : std::string(rest.substr(0, slash));
    const bool last = slash == absl::string_view::npos;
    const int its_flags = last ? flags : O_PATH | O_DIRECTORY;
    File next(openat(at.fd(), component.c_str(), its_flags | O_NOFOLLOW | O_CLOEXEC), Name(path));
    if (!next.is_open()) return Failed(errno, path);
    at = std::move(next);
    rest = last ? absl::string_view() : rest.substr(slash + 1);
  } while (!rest.empty());
  return at;
}

absl::StatusOr<File> DirectoryTree::OpenFile(absl::string_view path) {
  // A fifo would hold an ordinary open until somebody writes to it.
  LARDER_ASSIGN_OR_RETURN(File file, Open(path, O_RDONLY | O_NONBLOCK));
  struct stat attributes;
  if (fstat(file.fd(), &attributes) != 0) return Failed(errno, path);
  if (!S_ISREG(attributes.st_mode)) return Failed(ENOENT, path);
  return file;
}

absl::StatusOr<std::string> DirectoryTree::ReadLink(int folder, const std::string& name,
                                                    absl::string_view path) const {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = readlinkat(folder, name.c_str(), target.data(), target.size());
  if (length < 0) return Failed(errno, path);
  target.resize(static_cast<size_t>(length));
  return target;
}

absl::StatusOr<Attributes> DirectoryTree::Stat(absl::string_view path) {
  LARDER_ASSIGN_OR_RETURN(const File file, Open(path, O_PATH));
  struct stat found;
  if (fstat(file.fd(), &found) != 0) return Failed(errno, path);
  Attributes attributes;
  attributes.version = VersionOf(found);
  if (S_ISREG(found.st_mode)) {
    attributes.kind = EntryKind::kFile;
  } else if (S_ISDIR(found.st_mode)) {
    attributes.kind = EntryKind::kFolder;
  } else if (S_ISLNK(found.st_mode)) {
    attributes.kind = EntryKind::kSymlink;
    // An empty name: the symlink that the descriptor itself is (O_PATH | O_NOFOLLOW).
    LARDER_ASSIGN_OR_RETURN(attributes.link_target, ReadLink(file.fd(), "", path));
  } else {
    return Failed(ENOENT, path);
  }
  return attributes;
}

absl::Status DirectoryTree::AddEntry(int folder, const char* name, absl::string_view path,
                                     ListPage* page) const {
  struct stat found;
  if (fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0) {
    // Removed since the listing began: as if it had never been there.
    return errno == ENOENT ? absl::OkStatus()
                           : Failed(errno, absl::StrCat(path, path.empty() ? "" : "/", name));
  }
  ListEntry entry;
  entry.name = name;
  entry.version = VersionOf(found);
  if (S_ISDIR(found.st_mode)) {
    entry.kind = EntryKind::kFolder;
  } else if (S_ISLNK(found.st_mode)) {
    entry.kind = EntryKind::kSymlink;
    auto target = ReadLink(folder, entry.name, path);
    if (absl::IsNotFound(target.status())) return absl::OkStatus();
    LARDER_ASSIGN_OR_RETURN(entry.link_target, std::move(target));
  } else if (!S_ISREG(found.st_mode)) {
    return absl::OkStatus();
  }
  page->entries.push_back(std::move(entry));
  return absl::OkStatus();
}

absl::StatusOr<ListPage> DirectoryTree::List(absl::string_view path,
                                             const std::function<bool()>& stop) {
  LARDER_ASSIGN_OR_RETURN(const File file, Open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK));
  const int own = fcntl(file.fd(), F_DUPFD_CLOEXEC, 0);
  if (own < 0) return Failed(errno, path);
  const std::unique_ptr<DIR, CloseFolder> folder(fdopendir(own));
  if (folder == nullptr) {
    close(own);
    return Failed(errno, path);
  }
  ListPage page;
  for (int count = 0;; ++count) {
    if (count % kStopEvery == 0 && stop()) return absl::CancelledError("cancelled");
    errno = 0;
    const dirent* const entry = readdir(folder.get());
    if (entry == nullptr) {
      if (errno != 0) return Failed(errno, path);
      return page;
    }
    const absl::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (!IsPosixName(name)) {
      ++page.hidden_names;
      continue;
    }
    if (page.entries.size() >= kMaxFolderEntries) {
      return absl::ResourceExhaustedError(
          absl::StrCat(Name(path), ": over ", kMaxFolderEntries, " entries"));
    }
    LARDER_RETURN_IF_ERROR(AddEntry(file.fd(), entry->d_name, path, &page));
  }
}

}  // namespace larder::remote

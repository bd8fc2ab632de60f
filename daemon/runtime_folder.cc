// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/digest.h"
#include "base/errors.h"
#include "base/file.h"

namespace larder {
namespace {

constexpr absl::string_view kSocketSuffix = ".sock";
constexpr absl::string_view kLinkSuffix = ".mount";
// A name has 255 bytes at most; .mount and .log.old come behind.
constexpr size_t kEscapedBytes = 200;
constexpr int kBacklog = 16;

// A socket's address holds 108 bytes; through a descriptor of its folder any path fits.
class SocketAddress {
 public:
  static absl::StatusOr<SocketAddress> Of(const std::string& path) {
    const size_t slash = path.rfind('/');
    LARDER_ASSIGN_OR_RETURN(
        File folder, File::Open(path.substr(0, std::max<size_t>(slash, 1)), O_PATH | O_DIRECTORY));
    SocketAddress made(std::move(folder));
    const std::string short_path =
        absl::StrCat("/proc/self/fd/", made.folder_.fd(), path.substr(slash));
    if (short_path.size() >= sizeof(made.address_.sun_path)) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": the name is too long"));
    }
    memcpy(made.address_.sun_path, short_path.c_str(), short_path.size() + 1);
    return made;
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const { return sizeof(address_); }

 private:
  explicit SocketAddress(File folder) : folder_(std::move(folder)) {
    address_.sun_family = AF_UNIX;
  }
  File folder_;
  sockaddr_un address_ = {};
};

std::vector<std::string> ListFolder(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(folder.c_str()), closedir);
  if (listing == nullptr) return names;
  while (const dirent* entry = readdir(listing.get())) names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string RuntimeFolderPath() {
  if (const char* folder = getenv("LARDER_RUNTIME_DIR"); folder != nullptr && folder[0] == '/') {
    return folder;
  }
  const uid_t uid = geteuid();
  if (uid == 0) return "/run/larder";
  if (const char* folder = getenv("XDG_RUNTIME_DIR"); folder != nullptr && folder[0] == '/') {
    return absl::StrCat(folder, "/larder");
  }
  const std::string users = absl::StrCat("/run/user/", uid);
  struct stat st;
  if (stat(users.c_str(), &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid) {
    return absl::StrCat(users, "/larder");
  }
  return absl::StrCat("/tmp/larder-", uid);
}

absl::StatusOr<std::string> MakeRuntimeFolder() {
  std::string folder = RuntimeFolderPath();
  LARDER_RETURN_IF_ERROR(MakeFolders(folder, 0700));
  struct stat st;
  if (lstat(folder.c_str(), &st) != 0) return ErrnoError(errno, folder);
  // In /tmp anyone may have made it first.
  if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat(folder, " is not a folder of yours alone: remove it, or set XDG_RUNTIME_DIR"));
  }
  return folder;
}

std::string EscapeMountpoint(absl::string_view mountpoint) {
  std::string escaped;
  while (absl::StartsWith(mountpoint, "/")) mountpoint.remove_prefix(1);
  for (size_t i = 0; i < mountpoint.size(); ++i) {
    const char c = mountpoint[i];
    if (c == '/') {
      escaped.push_back('-');
    } else if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':' ||
               (c == '.' && i > 0)) {
      escaped.push_back(c);
    } else {
      absl::StrAppendFormat(&escaped, "\\x%02x", static_cast<unsigned char>(c));
    }
  }
  if (escaped.empty()) return "-";
  if (escaped.size() > kEscapedBytes) {
    const std::string digest = Digest::Of({mountpoint}).ToHex();
    escaped.resize(kEscapedBytes - digest.size());
    escaped += digest;
  }
  return escaped;
}

std::string SocketLink(const std::string& folder, absl::string_view mountpoint) {
  return absl::StrCat(folder, "/", EscapeMountpoint(mountpoint), kLinkSuffix);
}

absl::StatusOr<std::vector<std::string>> ListSockets(const std::string& folder) {
  if (access(folder.c_str(), F_OK) == 0 && access(folder.c_str(), R_OK | X_OK) != 0) {
    return ErrnoError(errno, folder);
  }
  std::vector<std::string> sockets;
  for (const std::string& name : ListFolder(folder)) {
    if (absl::EndsWith(name, kSocketSuffix)) sockets.push_back(absl::StrCat(folder, "/", name));
  }
  return sockets;
}

void RemoveStaleSockets(const std::string& folder) {
  const std::vector<std::string> names = ListFolder(folder);
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, kSocketSuffix)) continue;
    const std::string path = absl::StrCat(folder, "/", name);
    if (absl::IsNotFound(ConnectTo(path).status())) unlink(path.c_str());
  }
  for (const std::string& name : names) {
    const std::string path = absl::StrCat(folder, "/", name);
    struct stat st;
    if (absl::EndsWith(name, kLinkSuffix) && stat(path.c_str(), &st) != 0 && errno == ENOENT) {
      unlink(path.c_str());
    }
  }
}

absl::StatusOr<File> ListenOn(const std::string& socket_path) {
  // Under another name until it listens, so that nobody takes it for stale.
  const std::string temporary = socket_path + ".new";
  LARDER_ASSIGN_OR_RETURN(const SocketAddress address, SocketAddress::Of(temporary));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return ErrnoError(errno, "making a socket");
  File owner(fd, socket_path);
  unlink(temporary.c_str());
  if (bind(fd, address.get(), address.size()) != 0) return ErrnoError(errno, temporary);
  if (chmod(temporary.c_str(), 0600) != 0 || listen(fd, kBacklog) != 0 ||
      rename(temporary.c_str(), socket_path.c_str()) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    return ErrnoError(error, socket_path);
  }
  return owner;
}

absl::StatusOr<File> ConnectTo(const std::string& socket_path) {
  LARDER_ASSIGN_OR_RETURN(const SocketAddress address, SocketAddress::Of(socket_path));
  // Not blocking: a daemon that is stopped accepts nobody once its queue is full.
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return ErrnoError(errno, "making a socket");
  File connection(fd, socket_path);
  if (connect(fd, address.get(), address.size()) == 0) return connection;
  const int error = errno;
  if (error == ENOENT || error == ECONNREFUSED) {
    return absl::NotFoundError(absl::StrCat("no daemon listens on ", socket_path));
  }
  if (error == EAGAIN) {
    return absl::UnavailableError(absl::StrCat("the daemon at ", socket_path, " is busy"));
  }
  return ErrnoError(error, socket_path);
}

int PeerProcess(int connection) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
  return peer.pid;
}

}  // namespace larder

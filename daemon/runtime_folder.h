// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_RUNTIME_FOLDER_H_
#define LARDER_DAEMON_RUNTIME_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"

namespace larder {

// Where daemons are found: one socket each, PID.sock, and beside it one link to it per mountpoint,
// NAME.mount, whose name is the escaped mountpoint. A log of a daemon in the background is
// NAME.log.

// $LARDER_RUNTIME_DIR where it is set (tests); root: /run/larder; others: $XDG_RUNTIME_DIR/larder,
// else /run/user/UID/larder where there is /run/user/UID, else /tmp/larder-UID.
std::string RuntimeFolderPath();

// That folder, made with mode 0700 where it is missing. PermissionDenied: it is another user's, or
// others may write to it.
absl::StatusOr<std::string> MakeRuntimeFolder();

// A mountpoint as a file's name, no two with the same: as systemd-escape --path, with a digest
// instead of the rest where that would be too long.
std::string EscapeMountpoint(absl::string_view mountpoint);

// The socket of the daemon that serves `mountpoint`; a file that need not be there.
std::string SocketLink(const std::string& folder, absl::string_view mountpoint);

// The sockets in `folder`, one per daemon, by name. Empty where there is no such folder.
// PermissionDenied: not ours to look into.
absl::StatusOr<std::vector<std::string>> ListSockets(const std::string& folder);

// Removes sockets that nobody listens on any more, and links that lead nowhere.
void RemoveStaleSockets(const std::string& folder);

// A listening socket PID.sock in `folder`, there (complete, under its name) once this returns.
absl::StatusOr<File> ListenOn(const std::string& socket_path);

// A connection to it. NotFound: no such socket, or nobody listens. Unavailable: it does not accept
// (its queue is full).
absl::StatusOr<File> ConnectTo(const std::string& socket_path);

// The process that listens on the other end of a connection, as this process's namespace sees it;
// 0: unknown.
int PeerProcess(int connection);

}  // namespace larder

#endif  // LARDER_DAEMON_RUNTIME_FOLDER_H_

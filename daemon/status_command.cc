// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "daemon/commands.h"
#include "daemon/control_client.h"
#include "daemon/runtime_folder.h"
#include "daemon/status_report.h"
#include "fs/fuse/mount_table.h"

namespace larder {
namespace {

void Print(const std::string& text) { fwrite(text.data(), 1, text.size(), stdout); }

Json StatusIn(const Json& answer) {
  const auto status = answer.find("status");
  return status == answer.end() ? Json::object() : *status;
}

std::string TextOf(const Json& answer) {
  return StatusText(StatusIn(answer), StringIn(answer, "write_error"));
}

absl::Status PrintOne(const StatusArguments& arguments) {
  LARDER_ASSIGN_OR_RETURN(const std::string mountpoint,
                          fuse::ResolveMountpoint(arguments.mountpoint));
  const absl::StatusOr<std::string> socket = FindSocket(mountpoint);
  if (!socket.ok()) return socket.status();
  const absl::StatusOr<Json> answer = CallDaemon(*socket, {{"op", "status"}});
  if (!answer.ok()) {
    return WithContext(answer.status(), absl::StrCat("the daemon of ", mountpoint));
  }
  Print(arguments.json ? absl::StrCat(ToLine(StatusIn(*answer)), "\n") : TextOf(*answer));
  return absl::OkStatus();
}

absl::Status PrintAll(bool json) {
  LARDER_ASSIGN_OR_RETURN(const std::vector<std::string> sockets, ListSockets(RuntimeFolderPath()));
  Json all = Json::array();
  std::string text;
  for (const std::string& socket : sockets) {
    const absl::StatusOr<Json> answer = CallDaemon(socket, {{"op", "status"}});
    if (absl::IsNotFound(answer.status()))
      continue;  // one that was killed; the next daemon tidies up
    if (!answer.ok()) {
      fprintf(stderr, "larder: passed over %s: %s\n", socket.c_str(),
              std::string(answer.status().message()).c_str());
      continue;
    }
    all.push_back(StatusIn(*answer));
    absl::StrAppend(&text, text.empty() ? "" : "\n", TextOf(*answer));
  }
  if (json) {
    Print(absl::StrCat(ToLine(all), "\n"));
  } else {
    Print(text.empty() ? "nothing is mounted\n" : text);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunStatus(const StatusArguments& arguments) {
  return arguments.mountpoint.empty() ? PrintAll(arguments.json) : PrintOne(arguments);
}

}  // namespace larder

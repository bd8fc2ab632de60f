// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/control_client.h"

#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "daemon/line_channel.h"
#include "daemon/runtime_folder.h"

namespace larder {
namespace {

constexpr char kRootsFolder[] = "/run/larder";

absl::Status ToStatus(const Json& answer) {
  uint64_t code = NumberIn(answer, "code");
  if (code == 0 || code > static_cast<uint64_t>(absl::StatusCode::kUnauthenticated)) {
    code = static_cast<uint64_t>(absl::StatusCode::kUnknown);
  }
  return absl::Status(static_cast<absl::StatusCode>(code),
                      StringIn(answer, "error", "no reason given"));
}

}  // namespace

absl::StatusOr<Json> CallDaemon(const std::string& socket_path, const Json& request,
                                const CallOptions& options) {
  LARDER_ASSIGN_OR_RETURN(File socket, ConnectTo(socket_path));
  LineChannel channel(std::move(socket));
  LARDER_RETURN_IF_ERROR(channel.Write(ToLine(request), options.timeout));
  for (;;) {
    absl::StatusOr<std::string> line = channel.Read(options.timeout);
    if (absl::IsOutOfRange(line.status())) {
      return absl::UnavailableError("the daemon ended, or serves too many clients");
    }
    if (!line.ok()) return line.status();
    const absl::StatusOr<Json> answer = FromLine(*line);
    if (!answer.ok()) return absl::DataLossError("the daemon does not speak the protocol");
    if (const auto progress = answer->find("progress"); progress != answer->end()) {
      if (options.on_progress) options.on_progress(*progress);
      continue;
    }
    const auto ok = answer->find("ok");
    if (ok == answer->end() || !ok->is_boolean()) {
      return absl::DataLossError("the daemon does not speak the protocol");
    }
    if (!ok->get<bool>()) return ToStatus(*answer);
    const auto result = answer->find("result");
    return result == answer->end() ? Json::object() : *result;
  }
}

absl::StatusOr<std::string> FindSocket(const std::string& mountpoint) {
  const std::string own = RuntimeFolderPath();
  for (const std::string& folder : {own, std::string(kRootsFolder)}) {
    std::string link = SocketLink(folder, mountpoint);
    if (access(link.c_str(), F_OK) == 0) return link;
    if (errno == EACCES) {
      return absl::PermissionDeniedError(
          absl::StrCat("only root may look into ", folder, ": run this as root"));
    }
  }
  return absl::NotFoundError(absl::StrCat("no larder daemon serves ", mountpoint));
}

}  // namespace larder

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/s3_server.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/errors.h"
#include "base/file.h"

namespace larder::testing {
namespace {

constexpr absl::Duration kStartPatience = absl::Seconds(20);
// Ports can be taken between their choice and their use.
constexpr int kStartTries = 3;

std::string DepsFolder() {
  if (const char* deps = std::getenv("LARDER_DEPS"); deps != nullptr && *deps != '\0') return deps;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return absl::StrCat(cache, "/larder-deps");
  }
  const char* home = std::getenv("HOME");
  return absl::StrCat(home == nullptr ? "" : home, "/.cache/larder-deps");
}

std::string Program() { return DepsFolder() + "/bin/versitygw"; }

// rclone's configuration of a remote without a file (":s3:bucket/key"), by environment.
std::vector<std::string> RcloneEnvironment(const std::string& endpoint_url) {
  return {"RCLONE_CONFIG=/dev/null",
          "RCLONE_S3_PROVIDER=Other",
          absl::StrCat("RCLONE_S3_ACCESS_KEY_ID=", S3Server::kAccessKey),
          absl::StrCat("RCLONE_S3_SECRET_ACCESS_KEY=", S3Server::kSecretKey),
          absl::StrCat("RCLONE_S3_REGION=", S3Server::kRegion),
          absl::StrCat("RCLONE_S3_ENDPOINT=", endpoint_url),
          "RCLONE_S3_FORCE_PATH_STYLE=true",
          "RCLONE_NO_CHECK_CERTIFICATE=true",
          "RCLONE_RETRIES=1"};
}

}  // namespace

std::string S3Server::Unavailable() {
  if (::access(Program().c_str(), X_OK) != 0) {
    const auto reason = ReadFileToString(DepsFolder() + "/versitygw.unavailable");
    return absl::StrCat("no S3 server: ",
                        reason.ok() ? *reason : "versitygw is missing: run scripts/setup");
  }
  for (const char* client : {"rclone", "curl"}) {
    const auto there = RunCommand({{client, "--version"}, {}, ""});
    if (!there.ok()) return absl::StrCat("no client for the S3 server: ", there.status().message());
  }
  return "";
}

absl::StatusOr<std::unique_ptr<S3Server>> S3Server::Start(const S3ServerOptions& options) {
  auto server = std::unique_ptr<S3Server>(new S3Server);
  std::string folder = (std::filesystem::temp_directory_path() / "larder-s3-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return ErrnoError(errno, folder);
  server->folder_ = folder;
  LARDER_RETURN_IF_ERROR(MakeFolders(folder + "/root"));
  const std::string log = folder + "/log";

  for (int i = 0; i < kStartTries; ++i) {
    server->port_ = FreeLoopbackPort();
    const std::string address = absl::StrCat("127.0.0.1:", server->port_);
    server->endpoint_url_ =
        absl::StrCat(options.certificate.empty() ? "http://" : "https://", address);
    Command command;
    command.arguments = {Program(), "--port",       address,  "--region",
                         kRegion,   "--keep-alive", "--quiet"};
    if (!options.virtual_domain.empty()) {
      command.arguments.insert(command.arguments.end(),
                               {"--virtual-domain", options.virtual_domain});
    }
    if (!options.certificate.empty()) {
      command.arguments.insert(command.arguments.end(),
                               {"--cert", options.certificate, "--key", options.private_key});
    }
    command.arguments.insert(command.arguments.end(), {"posix", folder + "/root"});
    command.environment = {absl::StrCat("ROOT_ACCESS_KEY_ID=", kAccessKey),
                           absl::StrCat("ROOT_SECRET_ACCESS_KEY=", kSecretKey)};
    LARDER_ASSIGN_OR_RETURN(server->process_, ChildProcess::Start(command, log));
    const absl::Time deadline = absl::Now() + kStartPatience;
    while (server->process_->IsRunning() && absl::Now() < deadline) {
      if (server->Curl("GET", "/", "").ok()) return server;
      absl::SleepFor(absl::Milliseconds(20));
    }
  }
  const auto said = ReadFileToString(log);
  return absl::UnavailableError(absl::StrCat("versitygw does not start: ", said.ok() ? *said : ""));
}

S3Server::~S3Server() {
  process_ = nullptr;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status S3Server::Curl(absl::string_view method, absl::string_view path,
                            absl::string_view body) {
  Command command;
  // --aws-sigv4 leaves this header to the caller (7.88).
  command.arguments = {"curl",         "--silent",
                       "--show-error", "--fail-with-body",
                       "--insecure",   "--path-as-is",
                       "--max-time",   "20",
                       "--request",    std::string(method),
                       "--aws-sigv4",  absl::StrCat("aws:amz:", kRegion, ":s3"),
                       "--user",       absl::StrCat(kAccessKey, ":", kSecretKey),
                       "--header",     "x-amz-content-sha256: UNSIGNED-PAYLOAD"};
  if (method == "PUT") {
    command.input = std::string(body);
    command.arguments.insert(
        command.arguments.end(),
        {"--header", "Content-Type: application/octet-stream", "--data-binary", "@-"});
  }
  command.arguments.push_back(absl::StrCat(endpoint_url_, path));
  return RunCommand(command).status();
}

absl::Status S3Server::Rclone(std::vector<std::string> arguments, absl::string_view input) {
  arguments.insert(arguments.begin(), "rclone");
  return RunCommand({std::move(arguments), RcloneEnvironment(endpoint_url_), std::string(input)})
      .status();
}

absl::Status S3Server::MakeBucket(absl::string_view bucket) {
  return Rclone({"mkdir", absl::StrCat(":s3:", bucket)});
}

absl::Status S3Server::PutObject(absl::string_view bucket, absl::string_view key,
                                 absl::string_view bytes) {
  return Rclone({"rcat", "--s3-no-check-bucket", absl::StrCat(":s3:", bucket, "/", key)}, bytes);
}

absl::Status S3Server::PutFolder(absl::string_view bucket, absl::string_view prefix,
                                 const std::string& folder) {
  return Rclone({"copy", "--s3-no-check-bucket", "--transfers", "32", "--no-traverse",
                 "--no-check-dest", folder, absl::StrCat(":s3:", bucket, "/", prefix)});
}

absl::Status S3Server::PutFolderMarker(absl::string_view bucket, absl::string_view key) {
  return Curl("PUT", absl::StrCat("/", bucket, "/", key, "/"), "");
}

absl::Status S3Server::RemoveObject(absl::string_view bucket, absl::string_view key) {
  return Rclone({"deletefile", absl::StrCat(":s3:", bucket, "/", key)});
}

absl::Status S3Server::AllowAnyone(absl::string_view bucket, absl::string_view actions,
                                   absl::string_view resources) {
  return Curl(
      "PUT", absl::StrCat("/", bucket, "?policy="),
      absl::StrCat(
          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":[)",
          actions, R"(],"Resource":[)", resources, "]}]}"));
}

}  // namespace larder::testing

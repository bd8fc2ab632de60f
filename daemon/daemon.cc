// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "daemon/runtime_folder.h"
#include "daemon/status_report.h"
#include "daemon/verify_report.h"
#include "daemon/warm_job.h"
#include "remote/url.h"

namespace larder {
namespace {

Json ToJson(const WarmProgress& progress) {
  return {{"done_bytes", progress.done_bytes},      {"total_bytes", progress.total_bytes},
          {"done_files", progress.done_files},      {"total_files", progress.total_files},
          {"counted", progress.counted ? 1 : 0},    {"failed_files", progress.failed_files},
          {"first_failure", progress.first_failure}};
}

// The "paths" of a request, percent-encoded in it since names need not be UTF-8.
absl::StatusOr<std::vector<std::string>> PathsIn(const Json& request) {
  std::vector<std::string> paths;
  const auto listed = request.find("paths");
  if (listed == request.end() || !listed->is_array()) {
    return absl::InvalidArgumentError("the request names no paths");
  }
  for (const Json& path : *listed) {
    if (!path.is_string()) return absl::InvalidArgumentError("a path that is no string");
    std::optional<std::string> decoded = remote::PercentDecode(path.get<std::string>());
    if (!decoded) return absl::InvalidArgumentError("a path that is not percent-encoded");
    paths.push_back(*std::move(decoded));
  }
  return paths;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const MountOptions& options,
                                                      std::function<void()> on_end) {
  std::unique_ptr<Daemon> daemon(new Daemon(options));
  LARDER_RETURN_IF_ERROR(daemon->StartServing(options, std::move(on_end)));
  return daemon;
}

absl::Status Daemon::StartServing(const MountOptions& options, std::function<void()> on_end) {
  LARDER_ASSIGN_OR_RETURN(mount_, DatasetMount::Open(options));
  const size_t slash = options.cache.folder.rfind('/');
  LARDER_RETURN_IF_ERROR(MakeFolders(options.cache.folder.substr(0, slash)));
  LARDER_ASSIGN_OR_RETURN(cache_, cache::Cache::Create(options.cache));
  LARDER_RETURN_IF_ERROR(mount_->Mount(cache_.get(), std::move(on_end)));

  LARDER_ASSIGN_OR_RETURN(const std::string folder, MakeRuntimeFolder());
  LARDER_ASSIGN_OR_RETURN(
      control_,
      ControlServer::Create(
          folder,
          {{"status", [this](const Json&, ControlCall&) { return Status(); }},
           {"warm", [this](const Json& request, ControlCall& call) { return Warm(request, call); }},
           {"verify",
            [this](const Json& request, ControlCall& call) { return Verify(request, call); }}}));
  return control_->AddMountpoint(mount_->mountpoint());
}

Daemon::~Daemon() {
  // Requests of the kernel and of clients end first, then loads, so that nothing holds an object of
  // the cache any more when it goes.
  if (mount_ != nullptr) mount_->Stop();
  if (control_ != nullptr) control_->Stop();
  if (cache_ != nullptr) cache_->Shutdown();
  if (mount_ != nullptr) mount_->Close();
  cache_ = nullptr;
  // Last: who waits for the end of this daemon looks at its socket.
  control_ = nullptr;
  mount_ = nullptr;
}

absl::StatusOr<Json> Daemon::Status() {
  const cache::CacheStatus cache = cache_->GetStatus();
  return Json{{"status", StatusJson(cache_folder_, cache, {mount_->GetStatus(cache_.get())})},
              {"write_error", cache.write_error}};
}

absl::StatusOr<Json> Daemon::Warm(const Json& request, ControlCall& call) {
  LARDER_ASSIGN_OR_RETURN(const std::vector<std::string> paths, PathsIn(request));
  WarmJob job(mount_->filesystem(), [&call](const WarmProgress& progress) {
    if (call.IsCancelled()) return absl::CancelledError("nobody waits for it any more");
    return call.SendProgress(ToJson(progress));
  });
  LARDER_ASSIGN_OR_RETURN(const WarmProgress progress, job.Run(paths));
  return ToJson(progress);
}

absl::StatusOr<Json> Daemon::Verify(const Json& request, ControlCall& call) {
  cache::VerifyOptions options;
  options.repair = NumberIn(request, "repair") != 0;
  options.datasets = {mount_->dataset()};
  LARDER_ASSIGN_OR_RETURN(
      const cache::VerifyProgress progress,
      cache_->Verify(options, [&call](const cache::VerifyProgress& state,
                                      const std::vector<cache::BadObject>& found) {
        if (call.IsCancelled()) return absl::CancelledError("nobody waits for it any more");
        return call.SendProgress(VerifyJson({state, found}));
      }));
  return VerifyJson({progress, {}});
}

}  // namespace larder

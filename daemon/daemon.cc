// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/errors.h"
#include "daemon/mounted_paths.h"
#include "daemon/runtime_folder.h"
#include "daemon/status_report.h"
#include "daemon/verify_report.h"
#include "daemon/warm_job.h"

namespace larder {
namespace {

Json ToJson(const WarmProgress& progress) {
  return {{"done_bytes", progress.done_bytes},      {"total_bytes", progress.total_bytes},
          {"done_files", progress.done_files},      {"total_files", progress.total_files},
          {"counted", progress.counted ? 1 : 0},    {"failed_files", progress.failed_files},
          {"first_failure", progress.first_failure}};
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
  cache::CacheOptions cache_options = options.cache;
  cache_options.memory_bytes -= DatasetMount::NamesMemoryBytes(cache_options.memory_bytes);
  LARDER_ASSIGN_OR_RETURN(cache_, cache::Cache::Create(cache_options));
  LARDER_RETURN_IF_ERROR(mount_->Mount(cache_.get(), std::move(on_end)));

  LARDER_ASSIGN_OR_RETURN(const std::string folder, MakeRuntimeFolder());
  LARDER_ASSIGN_OR_RETURN(
      control_,
      ControlServer::Create(
          folder,
          {{"status", [this](const Json&, ControlCall&) { return Status(); }},
           {"warm", [this](const Json& request, ControlCall& call) { return Warm(request, call); }},
           {"evict", OnPaths(&Daemon::Evict)},
           {"pin", OnPaths(&Daemon::Pin)},
           {"unpin", OnPaths(&Daemon::Unpin)},
           {"refresh", OnPaths(&Daemon::Refresh)},
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

ControlHandler Daemon::OnPaths(absl::StatusOr<Json> (Daemon::*handle)(const std::string& path)) {
  return [this, handle](const Json& request, ControlCall&) -> absl::StatusOr<Json> {
    LARDER_ASSIGN_OR_RETURN(const std::vector<std::string> paths, PathsIn(request));
    Json results = Json::array();
    for (const std::string& path : paths) {
      LARDER_ASSIGN_OR_RETURN(Json result, (this->*handle)(path));
      results.push_back(std::move(result));
    }
    return Json{{"results", std::move(results)}};
  };
}

absl::StatusOr<Json> Daemon::Evict(const std::string& path) {
  LARDER_ASSIGN_OR_RETURN(const cache::Evicted evicted, cache_->Evict(mount_->dataset_id(), path));
  return Json{{"objects", evicted.objects},
              {"bytes", evicted.bytes},
              {"open_objects", evicted.open_objects}};
}

absl::StatusOr<Json> Daemon::Pin(const std::string& path) {
  LARDER_RETURN_IF_ERROR(cache_->Pin(mount_->dataset_id(), path));
  return Json::object();
}

absl::StatusOr<Json> Daemon::Unpin(const std::string& path) {
  LARDER_ASSIGN_OR_RETURN(const std::vector<std::string> pins, cache_->Pins(mount_->dataset_id()));
  if (std::find(pins.begin(), pins.end(), path) == pins.end()) {
    return absl::NotFoundError(absl::StrCat(
        "'", path, "' is not pinned",
        pins.empty() ? std::string("; nothing is")
                     : absl::StrCat("; these are: '", absl::StrJoin(pins, "', '"), "'")));
  }
  LARDER_RETURN_IF_ERROR(cache_->Unpin(mount_->dataset_id(), path));
  return Json::object();
}

absl::StatusOr<Json> Daemon::Refresh(const std::string& path) {
  mount_->Refresh(path);
  return Json::object();
}

absl::StatusOr<Json> Daemon::Verify(const Json& request, ControlCall& call) {
  cache::VerifyOptions options;
  options.repair = NumberIn(request, "repair") != 0;
  options.datasets = {mount_->dataset()};
  LARDER_ASSIGN_OR_RETURN(
      const cache::VerifyProgress progress,
      cache_->Verify(options, [this, &call](const cache::VerifyProgress& state,
                                            const std::vector<cache::BadObject>& found) {
        if (call.IsCancelled()) return absl::CancelledError("nobody waits for it any more");
        // A read of a part of a block is not checked: the kernel may keep what it got.
        for (const cache::BadObject& bad : found) {
          if (bad.outcome != cache::BadObject::Outcome::kKept) mount_->DropPages(bad.id);
        }
        return call.SendProgress(VerifyJson({state, found}));
      }));
  return VerifyJson({progress, {}});
}

}  // namespace larder

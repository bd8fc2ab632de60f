// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/dataset_mount.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/digest.h"
#include "base/errors.h"
#include "base/log.h"
#include "fs/fuse/mountpoint.h"
#include "remote/store_factory.h"

namespace larder {
namespace {

// A listing that is known comes when its revalidation has failed
// (FilesystemOptions::revalidation_deadline); one that is not would be waited for in vain.
constexpr absl::Duration kKnownWithin = absl::Seconds(8);

// What a name that the kernel has looked up takes in the daemon's memory (docs/architecture.md).
constexpr uint64_t kInodeBytes = 450;
constexpr uint64_t kLeastInodes = 4'096;

// A callback's answer, waited for.
class Answer {
 public:
  void Set(absl::Status status) {
    MutexLock lock(&mutex_);
    status_ = std::move(status);
    come_ = true;
    changed_.NotifyAll();
  }
  absl::Status Wait(absl::Duration timeout) {
    const absl::Time deadline = absl::Now() + timeout;
    MutexLock lock(&mutex_);
    while (!come_) {
      const absl::Duration left = deadline - absl::Now();
      if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("no answer in time");
      changed_.WaitFor(&mutex_, left);
    }
    return status_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool come_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<DatasetMount>> DatasetMount::Open(const MountOptions& options) {
  LARDER_RETURN_IF_ERROR(fuse::CheckFuseDevice(options.allow_other));
  LARDER_RETURN_IF_ERROR(fuse::CheckMountpoint(options.mountpoint));
  std::unique_ptr<DatasetMount> mount(new DatasetMount(options));
  LARDER_ASSIGN_OR_RETURN(mount->store_, remote::OpenStore(options.store, &mount->counters_));
  mount->remote_status_ = mount->ProbeRemote();
  if (!mount->remote_status_.ok() && !IsTransient(mount->remote_status_)) {
    return mount->remote_status_;
  }
  mount->dataset_.id = Digest::Of({options.source}).prefix();
  mount->dataset_.store = mount->store_.get();
  mount->dataset_.counters = &mount->counters_;
  mount->dataset_.readahead = options.readahead;
  return mount;
}

absl::Status DatasetMount::ProbeRemote() {
  absl::Status answered = AskRootOnce();
  for (int tries = 1; tries < kProbeTries && absl::IsUnavailable(answered); ++tries) {
    absl::SleepFor(kProbePause);
    answered = AskRootOnce();
  }
  // No listings there: the filesystem does without.
  if (absl::IsUnimplemented(answered)) return absl::OkStatus();
  return WithContext(answered, options_.source);
}

absl::Status DatasetMount::AskRootOnce() {
  const auto answer = std::make_shared<Answer>();
  remote::RequestOptions request;
  request.deadline = kProbeDeadline;
  request.single_try = true;
  if (store_->lists_offline()) {
    store_->Stat("", request, [answer](const absl::StatusOr<remote::Attributes>& root) {
      answer->Set(root.status());
    });
    return answer->Wait(kProbeDeadline + absl::Seconds(5));
  }
  // One page: a bucket of a billion objects has many. Not all that the filesystem asks, but all
  // that can be wrong.
  store_->List("", "", request, [answer](const absl::StatusOr<remote::ListPage>& page) {
    answer->Set(page.status());
  });
  return answer->Wait(kProbeDeadline + absl::Seconds(5));
}

absl::Status DatasetMount::ProbeCatalog() {
  const auto answer = std::make_shared<Answer>();
  filesystem_->ReadFolder(fs::kRootInode, "", 1, /*counted=*/false,
                          [answer](const absl::StatusOr<std::vector<fs::DirectoryEntry>>& page) {
                            answer->Set(page.status());
                          });
  return answer->Wait(kKnownWithin);
}

absl::Status DatasetMount::Mount(cache::Cache* cache, std::function<void()> on_end) {
  fs::FilesystemOptions filesystem_options;
  filesystem_options.source = options_.source;
  filesystem_options.metadata_ttl = options_.metadata_ttl;
  filesystem_options.negative_ttl = options_.negative_ttl;
  filesystem_options.immutable = options_.immutable;
  filesystem_options.max_inodes =
      std::max<uint64_t>(NamesMemoryBytes(options_.cache.memory_bytes) / kInodeBytes, kLeastInodes);
  filesystem_options.uid = options_.ownership.uid;
  filesystem_options.gid = options_.ownership.gid;
  filesystem_options.umask = options_.ownership.umask;
  LARDER_ASSIGN_OR_RETURN(filesystem_,
                          fs::Filesystem::Create(filesystem_options, cache, &dataset_, &clock_));
  if (!remote_status_.ok()) {
    if (filesystem_->totals().objects == 0 || !ProbeCatalog().ok()) return remote_status_;
    LogWarning(absl::StrCat("mounted offline, with what is known from earlier: ",
                            remote_status_.message()));
  }

  fuse::SessionOptions session_options;
  session_options.source = options_.source;
  session_options.mountpoint = options_.mountpoint;
  session_options.allow_other = options_.allow_other;
  session_options.passthrough = options_.passthrough;
  session_options.cache_folder = options_.cache.folder;
  session_options.ownership = options_.ownership;
  session_options.negative_ttl = options_.negative_ttl;
  LARDER_ASSIGN_OR_RETURN(session_,
                          fuse::Session::Mount(session_options, filesystem_.get(), &counters_));
  server_ = std::thread([session = session_.get(), on_end = std::move(on_end)] {
    if (const absl::Status served = session->Serve(); !served.ok()) LogError(served.message());
    on_end();
  });
  return session_->WaitUntilReady();
}

void DatasetMount::Stop() {
  if (session_ == nullptr || !server_.joinable()) return;
  session_->Stop();
  server_.join();
}

void DatasetMount::Close() {
  if (filesystem_ != nullptr) filesystem_->Shutdown();
  session_ = nullptr;
  filesystem_ = nullptr;
}

DatasetStatus DatasetMount::GetStatus(cache::Cache* cache) const {
  DatasetStatus status;
  status.source = options_.source;
  status.mountpoint = options_.mountpoint;
  status.state = filesystem_->state();
  status.totals = filesystem_->totals();
  status.cached_bytes = cache->DatasetBytes(dataset_.id);
  status.counters = &counters_;
  status.passthrough = session_->passthrough_state();
  return status;
}

}  // namespace larder

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/tree_walk.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/errors.h"
#include "base/mutex.h"
#include "fs/path.h"

namespace larder::fs {

using remote::EntryKind;

namespace {

// An answer that comes on another thread. Thread-safe.
template <typename T>
class Awaited {
 public:
  void Set(absl::StatusOr<T> answer) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      MutexLock lock(&mutex_);
      answer_.emplace(std::move(answer));
    }
    changed_.NotifyAll();
  }
  absl::StatusOr<T> Wait() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    while (!answer_) changed_.Wait(&mutex_);
    return *std::move(answer_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::optional<absl::StatusOr<T>> answer_ ABSL_GUARDED_BY(mutex_);
};

using AwaitedEntry = std::shared_ptr<Awaited<Catalog::Entry>>;

AwaitedEntry StartLookup(Catalog* catalog, const std::string& path) {
  auto awaited = std::make_shared<Awaited<Catalog::Entry>>();
  catalog->Lookup(path, [awaited](auto entry) { awaited->Set(std::move(entry)); });
  return awaited;
}

absl::StatusOr<std::vector<Catalog::Entry>> ReadAndWait(Catalog* catalog, const std::string& folder,
                                                        const std::string& after, size_t limit) {
  auto awaited = std::make_shared<Awaited<std::vector<Catalog::Entry>>>();
  catalog->ReadFolder(folder, after, limit,
                      [awaited](auto entries) { awaited->Set(std::move(entries)); });
  return awaited->Wait();
}

}  // namespace

absl::Status TreeWalk::Run(absl::string_view path, const Visit& visit) {
  const std::string start(path);
  LARDER_ASSIGN_OR_RETURN(const Catalog::Entry entry, StartLookup(catalog_, start)->Wait());
  if (KindOf(entry.record) == EntryKind::kFile) return VisitFile(start, entry, visit);
  if (KindOf(entry.record) != EntryKind::kFolder) return absl::OkStatus();
  folders_.push_back(start);
  bool first = true;
  while (!folders_.empty()) {
    ListAhead();
    const std::string folder = std::move(folders_.front());
    folders_.pop_front();
    listed_ahead_ -= std::min<size_t>(listed_ahead_, 1);
    const absl::Status status = VisitFolder(folder, visit);
    if (absl::IsNotFound(status) && !first) continue;
    LARDER_RETURN_IF_ERROR(status);
    first = false;
  }
  return absl::OkStatus();
}

void TreeWalk::ListAhead() {
  const size_t wanted = std::min(folders_.size(), kListingsAhead);
  for (; listed_ahead_ < wanted; ++listed_ahead_) {
    catalog_->ReadFolder(folders_[listed_ahead_], "", 1, [](const auto& /*entries*/) {});
  }
}

absl::Status TreeWalk::VisitFolder(const std::string& folder, const Visit& visit) {
  std::string after;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(std::vector<Catalog::Entry> entries,
                            ReadAndWait(catalog_, folder, after, kPage));
    if (entries.empty()) return absl::OkStatus();
    after = entries.back().name;
    LARDER_RETURN_IF_ERROR(Complete(folder, &entries));
    for (const Catalog::Entry& entry : entries) {
      const std::string path = JoinPath(folder, entry.name);
      if (KindOf(entry.record) == EntryKind::kFolder) folders_.push_back(path);
      if (KindOf(entry.record) != EntryKind::kFile) continue;
      LARDER_RETURN_IF_ERROR(VisitFile(path, entry, visit));
    }
  }
}

absl::Status TreeWalk::Complete(const std::string& folder, std::vector<Catalog::Entry>* entries) {
  std::vector<AwaitedEntry> asked(entries->size());
  for (size_t i = 0; i < entries->size(); ++i) {
    const Catalog::Entry& entry = (*entries)[i];
    if (HasAttributes(entry.record)) continue;
    asked[i] = StartLookup(catalog_, JoinPath(folder, entry.name));
  }
  std::vector<Catalog::Entry> complete;
  absl::Status failed;
  for (size_t i = 0; i < entries->size(); ++i) {
    if (asked[i] == nullptr) {
      complete.push_back(std::move((*entries)[i]));
      continue;
    }
    absl::StatusOr<Catalog::Entry> entry = asked[i]->Wait();
    if (entry.ok()) {
      complete.push_back(*std::move(entry));
    } else if (!absl::IsNotFound(entry.status())) {
      failed.Update(entry.status());
    }
  }
  *entries = std::move(complete);
  return failed;
}

absl::Status TreeWalk::VisitFile(const std::string& path, const Catalog::Entry& entry,
                                 const Visit& visit) {
  const InodeNumber inode = inodes_->Add(
      {.path = path, .kind = EntryKind::kFile, .id = entry.id, .version = VersionOf(entry.record)});
  absl::Status status = visit(path, inode, entry.record.size);
  inodes_->Forget(inode, 1);
  return status;
}

}  // namespace larder::fs

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/fake_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace larder::testing {

using remote::Attributes;
using remote::EntryKind;
using remote::ListEntry;
using remote::ListPage;

// One answer on its way; shared by the store's queue and the caller's Transfer.
class FakeStore::Answer : public remote::Transfer {
 public:
  Answer(FakeStore* store, std::function<void(const absl::Status&)> deliver)
      : store_(store), deliver_(std::move(deliver)) {}

  void Cancel() override {
    MutexLock lock(&store_->mutex_);
    cancelled_ = true;
    store_->changed_.NotifyAll();
  }
  void Resume() override {}

  // Under the store's lock.
  bool cancelled() const { return cancelled_; }
  void Deliver(const absl::Status& status) { std::exchange(deliver_, nullptr)(status); }

 private:
  FakeStore* const store_;
  std::function<void(const absl::Status&)> deliver_;
  bool cancelled_ = false;
};

FakeStore::FakeStore(Listings listings) : listings_(listings), thread_([this] { DeliverAll(); }) {}

FakeStore::~FakeStore() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void FakeStore::PutFile(absl::string_view path, uint64_t size, absl::string_view etag,
                        absl::Time mtime) {
  MutexLock lock(&mutex_);
  Attributes& seen = objects_[std::string(path)];
  seen.kind = EntryKind::kFile;
  seen.version = {size, mtime, std::string(etag)};
}

void FakeStore::PutSymlink(absl::string_view path, absl::string_view target) {
  MutexLock lock(&mutex_);
  Attributes& seen = objects_[std::string(path)];
  seen.kind = EntryKind::kSymlink;
  seen.link_target = std::string(target);
}

void FakeStore::Remove(absl::string_view path) {
  MutexLock lock(&mutex_);
  const std::string below = absl::StrCat(path, "/");
  std::erase_if(objects_, [&](const auto& object) {
    return object.first == path || absl::StartsWith(object.first, below);
  });
}

void FakeStore::SetPageEntries(size_t entries) {
  MutexLock lock(&mutex_);
  page_entries_ = entries;
}

void FakeStore::Fail(absl::Status status) {
  MutexLock lock(&mutex_);
  failure_ = std::move(status);
}

void FakeStore::FailPath(absl::string_view path, absl::Status status) {
  MutexLock lock(&mutex_);
  path_failures_[std::string(path)] = std::move(status);
}

void FakeStore::Hold() {
  MutexLock lock(&mutex_);
  holding_ = true;
}

void FakeStore::Release() {
  MutexLock lock(&mutex_);
  holding_ = false;
  changed_.NotifyAll();
}

void FakeStore::ReleaseNewestFirst() {
  MutexLock lock(&mutex_);
  std::reverse(answers_.begin(), answers_.end());
  holding_ = false;
  changed_.NotifyAll();
}

size_t FakeStore::stats() const {
  MutexLock lock(&mutex_);
  return stats_;
}

size_t FakeStore::stats_of(absl::string_view path) const {
  MutexLock lock(&mutex_);
  const auto it = stats_of_.find(path);
  return it == stats_of_.end() ? 0 : it->second;
}

size_t FakeStore::lists() const {
  MutexLock lock(&mutex_);
  return lists_;
}

size_t FakeStore::lists_of(absl::string_view path) const {
  MutexLock lock(&mutex_);
  const auto it = lists_of_.find(path);
  return it == lists_of_.end() ? 0 : it->second;
}

size_t FakeStore::waiting() const {
  MutexLock lock(&mutex_);
  return answers_.size();
}

remote::RequestOptions FakeStore::options_of(absl::string_view path) const {
  MutexLock lock(&mutex_);
  const auto it = options_of_.find(path);
  return it == options_of_.end() ? remote::RequestOptions{} : it->second;
}

void FakeStore::AwaitWaiting(size_t count) const {
  MutexLock lock(&mutex_);
  while (answers_.size() < count) changed_.Wait(&mutex_);
}

void FakeStore::AwaitAnswered() const {
  MutexLock lock(&mutex_);
  while (!answers_.empty() || delivering_) changed_.Wait(&mutex_);
}

absl::Status FakeStore::FailureOf(absl::string_view path) const {
  const auto it = path_failures_.find(path);
  if (it != path_failures_.end() && !it->second.ok()) return it->second;
  return failure_;
}

absl::StatusOr<Attributes> FakeStore::Find(absl::string_view path) const {
  const std::string below = path.empty() ? "" : absl::StrCat(path, "/");
  const auto child = objects_.lower_bound(below);
  if (path.empty() || (child != objects_.end() && absl::StartsWith(child->first, below))) {
    Attributes folder;
    folder.kind = EntryKind::kFolder;
    return folder;
  }
  const auto it = objects_.find(path);
  if (it == objects_.end()) return absl::NotFoundError(path);
  return it->second;
}

ListEntry FakeStore::MakeListed(absl::string_view name, const Attributes& seen) const {
  ListEntry entry;
  entry.name = std::string(name);
  entry.kind = seen.kind;
  entry.link_target = seen.link_target;
  if (seen.kind == EntryKind::kFile && listings_ != Listings::kNamesOnly) {
    entry.version = seen.version;
    if (listings_ == Listings::kWithTimes) entry.version->etag.clear();
  }
  return entry;
}

absl::StatusOr<ListPage> FakeStore::FindPage(absl::string_view path, absl::string_view page) const {
  const absl::StatusOr<Attributes> self = Find(path);
  if (!self.ok()) return self.status();
  if (self->kind != EntryKind::kFolder) return absl::NotFoundError(path);
  const std::string below = path.empty() ? "" : absl::StrCat(path, "/");
  ListPage answer;
  // A page is named by the key at which it begins.
  auto it = objects_.lower_bound(page.empty() ? absl::string_view(below) : page);
  while (it != objects_.end() && absl::StartsWith(it->first, below)) {
    const absl::string_view rest = absl::string_view(it->first).substr(below.size());
    const absl::string_view name = rest.substr(0, rest.find('/'));
    if (answer.entries.size() == page_entries_) {
      answer.next_page = it->first;
      break;
    }
    if (name.size() == rest.size()) {
      answer.entries.push_back(MakeListed(name, it->second));
      ++it;
      continue;
    }
    Attributes folder;
    folder.kind = EntryKind::kFolder;
    answer.entries.push_back(MakeListed(name, folder));
    it = objects_.lower_bound(absl::StrCat(below, name, "0"));  // '0' follows '/'
  }
  return answer;
}

std::shared_ptr<remote::Transfer> FakeStore::Enqueue(
    std::function<void(const absl::Status&)> deliver) {
  answers_.push_back(std::make_shared<Answer>(this, std::move(deliver)));
  changed_.NotifyAll();
  return answers_.back();
}

std::shared_ptr<remote::Transfer> FakeStore::List(
    absl::string_view path, absl::string_view page, const remote::RequestOptions& options,
    std::function<void(absl::StatusOr<ListPage>)> done) {
  MutexLock lock(&mutex_);
  ++lists_;
  ++lists_of_[std::string(path)];
  options_of_[std::string(path)] = options;
  const absl::Status failure = FailureOf(path);
  absl::StatusOr<ListPage> answer = FindPage(path, page);
  if (!failure.ok()) answer = failure;
  return Enqueue([done = std::move(done), answer = std::move(answer)](const absl::Status& status) {
    done(status.ok() ? answer : status);
  });
}

std::shared_ptr<remote::Transfer> FakeStore::Stat(
    absl::string_view path, const remote::RequestOptions& options,
    std::function<void(absl::StatusOr<Attributes>)> done) {
  MutexLock lock(&mutex_);
  ++stats_;
  ++stats_of_[std::string(path)];
  options_of_[std::string(path)] = options;
  const absl::Status failure = FailureOf(path);
  absl::StatusOr<Attributes> answer = Find(path);
  if (!failure.ok()) answer = failure;
  return Enqueue([done = std::move(done), answer = std::move(answer)](const absl::Status& status) {
    done(status.ok() ? answer : status);
  });
}

std::shared_ptr<remote::Transfer> FakeStore::ReadRange(absl::string_view,
                                                       const remote::ObjectVersion&, ByteRange,
                                                       const remote::RequestOptions&,
                                                       std::shared_ptr<remote::RangeSink> sink) {
  MutexLock lock(&mutex_);
  return Enqueue([sink = std::move(sink)](const absl::Status&) {
    sink->OnDone(absl::UnimplementedError("FakeStore has names only"));
  });
}

std::string FakeStore::Url(absl::string_view path) const {
  return absl::StrCat("fake://bucket/", path);
}

void FakeStore::DeliverAll() {
  mutex_.Lock();
  while (true) {
    // Cancelled answers come also while others are held back.
    auto next = answers_.begin();
    while (next != answers_.end() && holding_ && !ending_ && !(*next)->cancelled()) ++next;
    if (next == answers_.end()) {
      if (ending_) break;
      changed_.Wait(&mutex_);
      continue;
    }
    const std::shared_ptr<Answer> answer = *next;
    answers_.erase(next);
    const bool cancelled = answer->cancelled() || ending_;
    delivering_ = true;
    mutex_.Unlock();
    answer->Deliver(cancelled ? absl::CancelledError("cancelled") : absl::OkStatus());
    mutex_.Lock();
    delivering_ = false;
    changed_.NotifyAll();
  }
  mutex_.Unlock();
}

}  // namespace larder::testing

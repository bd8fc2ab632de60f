// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/fs/fuse/fake_filesystem.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_split.h"

namespace larder::fuse {

absl::StatusOr<cache::ReadBytes> FakeObject::Slice(ByteRange range) {
  {
    MutexLock lock(&mutex_);
    if (!error_.ok()) return error_;
  }
  range = range.ClampTo(content_.size());
  cache::ReadBytes bytes;
  // In two pieces, as blocks come.
  const uint64_t half = range.length / 2;
  if (!range.empty()) {
    bytes.Append({content_.data() + range.offset, half}, nullptr);
    bytes.Append({content_.data() + range.offset + half, range.length - half}, nullptr);
  }
  return bytes;
}

uint64_t FakeObject::Read(ByteRange range, cache::ReadCallback done) {
  {
    MutexLock lock(&mutex_);
    if (stalled_ || asynchronous_) {
      const uint64_t ticket = ++last_ticket_;
      waiters_[ticket] = {range, std::move(done)};
      if (stalled_) return ticket;
      pool_->Run([this, ticket] {
        Waiter waiter;
        {
          MutexLock waiters_lock(&mutex_);
          const auto it = waiters_.find(ticket);
          if (it == waiters_.end()) return;
          waiter = std::move(it->second);
          waiters_.erase(it);
        }
        waiter.done(Slice(waiter.range));
      });
      return ticket;
    }
  }
  done(Slice(range));
  return 0;
}

void FakeObject::Warm(std::function<void(absl::Status)> done) {
  Read({0, content_.size()},
       [done = std::move(done)](const absl::StatusOr<cache::ReadBytes>& read) {
         done(read.status());
       });
}

void FakeObject::Cancel(uint64_t ticket) {
  ++cancels_;
  Waiter waiter;
  {
    MutexLock lock(&mutex_);
    const auto it = waiters_.find(ticket);
    if (it == waiters_.end()) return;
    waiter = std::move(it->second);
    waiters_.erase(it);
  }
  waiter.done(absl::CancelledError("cancelled"));
}

void FakeObject::SetStalled(bool stalled) {
  std::map<uint64_t, Waiter> waiters;
  {
    MutexLock lock(&mutex_);
    stalled_ = stalled;
    if (!stalled) waiters.swap(waiters_);
  }
  for (auto& [ticket, waiter] : waiters) waiter.done(Slice(waiter.range));
}

void FakeObject::SetError(absl::Status error) {
  MutexLock lock(&mutex_);
  error_ = std::move(error);
}

size_t FakeObject::waiting() const {
  MutexLock lock(&mutex_);
  return waiters_.size();
}

FakeFilesystem::FakeFilesystem() {
  MutexLock lock(&mutex_);
  Entry& root = entries_[fs::kRootInode];
  root.inode = fs::kRootInode;
  root.parent = fs::kRootInode;
  root.kind = remote::EntryKind::kFolder;
}

FakeFilesystem::Entry& FakeFilesystem::Add(const std::string& path, remote::EntryKind kind) {
  fs::InodeNumber parent = fs::kRootInode;
  size_t from = 0;
  for (size_t slash; (slash = path.find('/', from)) != std::string::npos; from = slash + 1) {
    parent = entries_.at(parent).children.at(path.substr(from, slash - from));
  }
  const fs::InodeNumber inode = entries_.rbegin()->first + 1;
  Entry& entry = entries_[inode];
  entry.inode = inode;
  entry.parent = parent;
  entry.name = path.substr(from);
  entry.kind = kind;
  entries_.at(parent).children[entry.name] = inode;
  return entry;
}

std::shared_ptr<FakeObject> FakeFilesystem::AddFile(const std::string& path, std::string content) {
  MutexLock lock(&mutex_);
  Entry& entry = Add(path, remote::EntryKind::kFile);
  entry.object = std::make_shared<FakeObject>(std::move(content), &pool_);
  return entry.object;
}

void FakeFilesystem::AddFolder(const std::string& path) {
  MutexLock lock(&mutex_);
  Add(path, remote::EntryKind::kFolder);
}

void FakeFilesystem::AddSymlink(const std::string& path, std::string target) {
  MutexLock lock(&mutex_);
  Add(path, remote::EntryKind::kSymlink).target = std::move(target);
}

void FakeFilesystem::Remove(const std::string& path) {
  const fs::InodeNumber inode = InodeOf(path);
  MutexLock lock(&mutex_);
  Entry& entry = entries_.at(inode);
  entry.removed = true;
  entries_.at(entry.parent).children.erase(entry.name);
}

void FakeFilesystem::StallName(const std::string& name) {
  MutexLock lock(&mutex_);
  stalled_names_.insert(name);
}

void FakeFilesystem::StallListing(const std::string& name) {
  MutexLock lock(&mutex_);
  stalled_listings_.insert(name);
}

void FakeFilesystem::SetOpenError(absl::Status error) {
  MutexLock lock(&mutex_);
  open_error_ = std::move(error);
}

int64_t FakeFilesystem::lookup_count() const {
  MutexLock lock(&mutex_);
  int64_t count = 0;
  for (const auto& [inode, entry] : entries_) {
    if (inode == fs::kRootInode) continue;
    EXPECT_GE(entry.lookups, 0) << entry.name;
    count += entry.lookups;
  }
  return count;
}

fs::InodeNumber FakeFilesystem::InodeOf(const std::string& path) const {
  MutexLock lock(&mutex_);
  fs::InodeNumber inode = fs::kRootInode;
  for (size_t from = 0; from < path.size();) {
    const size_t slash = std::min(path.find('/', from), path.size());
    inode = entries_.at(inode).children.at(path.substr(from, slash - from));
    from = slash + 1;
  }
  return inode;
}

fs::Node FakeFilesystem::ToNode(const Entry& entry) const {
  fs::Node node;
  node.inode = entry.inode;
  node.kind = entry.kind;
  node.size = entry.object != nullptr ? entry.object->content().size() : entry.target.size();
  node.mtime = absl::FromUnixSeconds(1700000000);
  node.valid_for = valid_for_;
  return node;
}

uint64_t FakeFilesystem::Stall(std::function<void(absl::Status)> done) {
  stalled_[++last_ticket_] = std::move(done);
  return last_ticket_;
}

uint64_t FakeFilesystem::Lookup(fs::InodeNumber parent, absl::string_view name, NodeCallback done) {
  absl::StatusOr<fs::Node> answer = absl::NotFoundError("no such name");
  {
    MutexLock lock(&mutex_);
    if (stalled_names_.contains(std::string(name))) {
      return Stall([done = std::move(done)](absl::Status status) { done(std::move(status)); });
    }
    const auto& children = entries_.at(parent).children;
    if (const auto it = children.find(std::string(name)); it != children.end()) {
      Entry& entry = entries_.at(it->second);
      ++entry.lookups;
      answer = ToNode(entry);
    }
  }
  done(std::move(answer));
  return 0;
}

void FakeFilesystem::Forget(fs::InodeNumber inode, uint64_t count) {
  MutexLock lock(&mutex_);
  const auto it = entries_.find(inode);
  if (it != entries_.end()) it->second.lookups -= static_cast<int64_t>(count);
}

uint64_t FakeFilesystem::GetAttributes(fs::InodeNumber inode, NodeCallback done) {
  absl::StatusOr<fs::Node> answer = absl::NotFoundError("no such inode");
  {
    MutexLock lock(&mutex_);
    const auto it = entries_.find(inode);
    if (it != entries_.end() && !it->second.removed) answer = ToNode(it->second);
  }
  pool_.Run([answer = std::move(answer), done = std::move(done)] { done(answer); });
  return 0;
}

absl::StatusOr<std::string> FakeFilesystem::ReadLink(fs::InodeNumber inode) {
  MutexLock lock(&mutex_);
  return entries_.at(inode).target;
}

uint64_t FakeFilesystem::ReadFolder(fs::InodeNumber folder, absl::string_view after, size_t limit,
                                    bool counted, ReadFolderCallback done) {
  ++listings_;
  std::vector<fs::DirectoryEntry> answer;
  {
    MutexLock lock(&mutex_);
    Entry& entry = entries_.at(folder);
    if (stalled_listings_.contains(entry.name)) {
      return Stall([done = std::move(done)](absl::Status status) { done(std::move(status)); });
    }
    for (auto it = after.empty() ? entry.children.begin()
                                 : entry.children.upper_bound(std::string(after));
         it != entry.children.end() && answer.size() < limit; ++it) {
      Entry& child = entries_.at(it->second);
      fs::DirectoryEntry listed;
      listed.name = child.name;
      listed.inode = child.inode;
      listed.kind = child.kind;
      listed.has_node = !names_only_;
      if (listed.has_node) {
        listed.node = ToNode(child);
        if (counted) ++child.lookups;
      }
      answer.push_back(std::move(listed));
    }
  }
  pool_.Run([answer = std::move(answer), done = std::move(done)] { done(answer); });
  return 0;
}

absl::StatusOr<std::shared_ptr<cache::CachedObject>> FakeFilesystem::Open(fs::InodeNumber inode) {
  MutexLock lock(&mutex_);
  if (!open_error_.ok()) return open_error_;
  return std::shared_ptr<cache::CachedObject>(entries_.at(inode).object);
}

absl::StatusOr<std::string> FakeFilesystem::GetExtendedAttribute(fs::InodeNumber,
                                                                 absl::string_view name) {
  if (name == "user.larder.etag") return std::string("\"abc\"");
  return absl::NotFoundError("no such attribute");
}

std::vector<std::string> FakeFilesystem::ListExtendedAttributes(fs::InodeNumber) {
  return {"user.larder.source", "user.larder.etag"};
}

void FakeFilesystem::Cancel(uint64_t ticket) {
  std::function<void(absl::Status)> done;
  {
    MutexLock lock(&mutex_);
    const auto it = stalled_.find(ticket);
    if (it == stalled_.end()) return;
    done = std::move(it->second);
    stalled_.erase(it);
  }
  done(absl::CancelledError("cancelled"));
}

absl::Status FakeFilesystem::Walk(absl::string_view path, const Visit& visit) {
  fs::InodeNumber inode = fs::kRootInode;
  {
    MutexLock lock(&mutex_);
    for (const absl::string_view name : absl::StrSplit(path, '/', absl::SkipEmpty())) {
      const auto& children = entries_.at(inode).children;
      const auto it = children.find(std::string(name));
      if (it == children.end()) return absl::NotFoundError(path);
      inode = it->second;
    }
  }
  return WalkBelow(inode, std::string(path), visit);
}

absl::Status FakeFilesystem::WalkBelow(fs::InodeNumber inode, const std::string& path,
                                       const Visit& visit) {
  std::shared_ptr<FakeObject> object;
  std::map<std::string, fs::InodeNumber> children;
  {
    MutexLock lock(&mutex_);
    object = entries_.at(inode).object;
    children = entries_.at(inode).children;
  }
  if (object != nullptr) return visit(path, inode, object->content().size());
  for (const auto& [name, child] : children) {
    const absl::Status status = WalkBelow(child, path.empty() ? name : path + "/" + name, visit);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace larder::fuse

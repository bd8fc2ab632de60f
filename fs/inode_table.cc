// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/inode_table.h"

#include <utility>

#include "base/path.h"
#include "fs/path.h"

namespace larder::fs {
namespace {

constexpr size_t kOrderSlack = 1024;

}  // namespace

InodeTable::InodeTable(const Digest& root_id) {
  auto root = std::make_unique<Live>();
  root->inode.kind = remote::EntryKind::kFolder;
  root->inode.id = root_id;
  root->lookups = 1;
  MutexLock lock(&mutex_);
  current_[root->inode.path] = kRootInode;
  live_[kRootInode] = std::move(root);
}

InodeNumber InodeTable::Add(const Inode& inode) {
  MutexLock lock(&mutex_);
  InodeNumber number = inode.id.prefix();
  Live* live = nullptr;
  while (live == nullptr) {
    if (number <= kRootInode) number = kRootInode + 1;
    std::unique_ptr<Live>& place = live_[number];
    if (place == nullptr) {
      place = std::make_unique<Live>();
      place->inode = inode;
      live = place.get();
      order_.push_back(number);
    } else if (place->inode.id == inode.id) {
      live = place.get();
    } else {
      ++number;  // 64 bits met
    }
  }
  ++live->lookups;
  live->inode.version = inode.version;  // what the same version has learned meanwhile: its ETag
  live->inode.old = false;
  const auto newest = current_.find(inode.path);
  if (newest != current_.end() && newest->second != number) {
    live_[newest->second]->inode.old = true;
    current_.erase(newest);  // its key points into the inode that is old now
  }
  current_.emplace(live->inode.path, number);
  return number;
}

void InodeTable::Forget(InodeNumber number, uint64_t count) {
  std::unique_ptr<Live> dropped;  // dies after the lock is gone
  MutexLock lock(&mutex_);
  const auto it = live_.find(number);
  if (it == live_.end() || number == kRootInode) return;
  Live& live = *it->second;
  if (live.lookups > count) {
    live.lookups -= count;
    return;
  }
  const auto newest = current_.find(live.inode.path);
  if (newest != current_.end() && newest->second == number) current_.erase(newest);
  dropped = std::move(it->second);
  live_.erase(it);
  // Forgotten ones may be most of order_: as many again as are live are worth a pass over it.
  if (order_.size() < 2 * live_.size() + kOrderSlack) return;
  std::erase_if(order_, [this](InodeNumber one) {
    mutex_.AssertHeld();
    return !live_.contains(one);
  });
}

std::vector<InodeNumber> InodeTable::Oldest(size_t limit) {
  std::vector<InodeNumber> oldest;
  MutexLock lock(&mutex_);
  for (size_t left = order_.size(); left > 0 && oldest.size() < limit; --left) {
    const InodeNumber number = order_.front();
    order_.pop_front();
    const auto it = live_.find(number);
    if (it == live_.end()) continue;
    order_.push_back(number);  // it may be in use, and is asked for again much later
    if (it->second->object.expired()) oldest.push_back(number);
  }
  return oldest;
}

std::optional<Inode> InodeTable::Find(InodeNumber number) {
  MutexLock lock(&mutex_);
  const auto it = live_.find(number);
  if (it == live_.end()) return std::nullopt;
  return it->second->inode;
}

void InodeTable::SetCurrent(absl::string_view path, const Digest* current) {
  MutexLock lock(&mutex_);
  const auto newest = current_.find(path);
  if (newest == current_.end()) return;
  Inode& inode = live_[newest->second]->inode;
  inode.old = current == nullptr || inode.id != *current;
}

void InodeTable::SetObject(InodeNumber number, const std::shared_ptr<cache::CachedObject>& object) {
  MutexLock lock(&mutex_);
  const auto it = live_.find(number);
  if (it != live_.end()) it->second->object = object;
}

std::shared_ptr<cache::CachedObject> InodeTable::FindObject(InodeNumber number) {
  MutexLock lock(&mutex_);
  const auto it = live_.find(number);
  return it == live_.end() ? nullptr : it->second->object.lock();
}

void InodeTable::ForEachBelow(
    absl::string_view path,
    const std::function<void(InodeNumber, const Inode&, InodeNumber)>& visit) {
  MutexLock lock(&mutex_);
  for (const auto& [below, number] : current_) {
    if (!IsAtOrBelow(below, path)) continue;
    const auto parent = current_.find(Split(below).folder);
    visit(number, live_[number]->inode, parent == current_.end() ? 0 : parent->second);
  }
}

size_t InodeTable::size() {
  MutexLock lock(&mutex_);
  return live_.size();
}

}  // namespace larder::fs

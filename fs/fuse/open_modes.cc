// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/open_modes.h"

#include <optional>
#include <utility>

namespace larder::fuse {

OpenModes::Opened OpenModes::Open(fs::InodeNumber inode,
                                  std::shared_ptr<cache::CachedObject> object,
                                  BackingFiles& files) {
  std::shared_ptr<OpenFile> file;
  {
    Shard& shard = ShardOf(inode);
    MutexLock lock(&shard.mutex);
    std::shared_ptr<OpenFile>& place = shard.files[inode];
    if (place == nullptr) place = std::make_shared<OpenFile>();
    ++place->users;
    file = place;
  }
  Opened opened;
  MutexLock lock(&file->mutex);
  if (file->opens++ == 0) {
    file->object = std::move(object);
    if (passthrough_) {
      if (const std::optional<int> fd = file->object->BackingFd()) {
        absl::StatusOr<int> registered = files.Register(*fd);
        if (registered.ok()) {
          file->backing_id = *registered;
        } else {
          opened.refused = std::move(registered).status();
        }
      }
    }
  }
  opened.backing_id = file->backing_id;
  return opened;
}

void OpenModes::Release(fs::InodeNumber inode, BackingFiles& files) {
  Shard& shard = ShardOf(inode);
  std::shared_ptr<OpenFile> file;
  {
    MutexLock lock(&shard.mutex);
    const auto it = shard.files.find(inode);
    if (it == shard.files.end()) return;
    file = it->second;
  }
  std::shared_ptr<cache::CachedObject> dropped;  // ends outside the locks
  {
    MutexLock lock(&file->mutex);
    if (file->opens == 0) return;  // a release too many
    if (--file->opens == 0) {
      if (file->backing_id != 0) files.Unregister(std::exchange(file->backing_id, 0));
      dropped = std::move(file->object);
      file->object = nullptr;
    }
  }
  MutexLock lock(&shard.mutex);
  if (--file->users == 0) shard.files.erase(inode);
}

std::shared_ptr<cache::CachedObject> OpenModes::Find(fs::InodeNumber inode) const {
  std::shared_ptr<OpenFile> file;
  {
    Shard& shard = ShardOf(inode);
    MutexLock lock(&shard.mutex);
    const auto it = shard.files.find(inode);
    if (it == shard.files.end()) return nullptr;
    file = it->second;
  }
  MutexLock lock(&file->mutex);
  return file->object;
}

size_t OpenModes::size() const {
  size_t size = 0;
  for (Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    size += shard.files.size();
  }
  return size;
}

}  // namespace larder::fuse

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/inode_pruner.h"

#include <sys/uio.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace larder::fuse {
namespace {

// A walk adds some 100,000 names a second, about 30 MB.
constexpr absl::Duration kPeriod = absl::Milliseconds(200);
constexpr size_t kMaxBatch = 16384;

// As in Linux's include/uapi/linux/fuse.h of 6.18, which no library has yet.
constexpr int32_t kNotifyPrune = 9;
struct NotifyHeader {
  uint32_t length = 0;
  int32_t code = 0;
  uint64_t unique = 0;  // 0: a notification
};
struct PruneArgument {
  uint32_t count = 0;
  uint32_t padding = 0;
  uint64_t spare = 0;
};
static_assert(sizeof(NotifyHeader) == 16 && sizeof(PruneArgument) == 16);

// 0, or errno.
int NotifyPrune(int device_fd, std::vector<fs::InodeNumber>& inodes) {
  NotifyHeader header;
  PruneArgument argument;
  const size_t inodes_bytes = inodes.size() * sizeof(fs::InodeNumber);
  header.length = static_cast<uint32_t>(sizeof(header) + sizeof(argument) + inodes_bytes);
  header.code = kNotifyPrune;
  argument.count = static_cast<uint32_t>(inodes.size());
  iovec parts[] = {
      {&header, sizeof(header)}, {&argument, sizeof(argument)}, {inodes.data(), inodes_bytes}};
  return writev(device_fd, parts, 3) < 0 ? errno : 0;
}

}  // namespace

InodePruner::InodePruner(int device_fd, fs::Filesystem* filesystem)
    : device_fd_(device_fd), filesystem_(filesystem), thread_([this] { Run(); }) {}

InodePruner::~InodePruner() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

void InodePruner::Run() {
  while (true) {
    {
      MutexLock lock(&mutex_);
      if (!stopping_) changed_.WaitFor(&mutex_, kPeriod);
      if (stopping_) return;
    }
    std::vector<fs::InodeNumber> inodes = filesystem_->SurplusInodes(kMaxBatch);
    if (inodes.empty()) continue;
    const int error = NotifyPrune(device_fd_, inodes);
    // EINVAL: the kernel does not know of it. Others: the connection has ended.
    if (error == 0 || error == EINTR) continue;
    LogInfo(absl::StrCat("inodes that the kernel keeps can't be pruned: ", strerror(error)));
    return;
  }
}

}  // namespace larder::fuse

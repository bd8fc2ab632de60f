// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// The part of LocalCopy that `larder verify` uses: bytes as the disk has them.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/crc32c.h"
#include "base/errors.h"
#include "cache/core.h"
#include "cache/local_copy.h"

namespace larder::cache {
namespace {

constexpr uint64_t kDiskBlockBytes = 4096;

// `length` bytes at `offset` (a multiple of 4 KiB) past the page cache, which may hold what the
// disk has lost; `into` is page-aligned and has room for whole pages. Unimplemented: no direct I/O
// here.
absl::Status ReadDirectly(const File& file, uint64_t offset, size_t length, char* into) {
  const auto direct = File::Open(absl::StrCat("/proc/self/fd/", file.fd()), O_RDONLY | O_DIRECT);
  if (!direct.ok()) return absl::UnimplementedError(direct.status().message());
  const size_t whole = RoundUp(length, kDiskBlockBytes);
  size_t done = 0;
  // It stops at the file's end, after which the place is not aligned any more.
  while (done < length) {
    const ssize_t n =
        ::pread(direct->fd(), into + done, whole - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EINVAL) return absl::UnimplementedError("no direct I/O");
    if (n < 0) return ErrnoError(errno, absl::StrCat("reading ", file.path()));
    if (n == 0) return absl::DataLossError("the cache file is too short");
    done += static_cast<size_t>(n);
  }
  return absl::OkStatus();
}

absl::Status ReadFromDisk(const File& file, uint64_t offset, size_t length, char* into) {
  absl::Status direct = ReadDirectly(file, offset, length, into);
  if (!absl::IsUnimplemented(direct)) return direct;
  (void)::posix_fadvise(file.fd(), static_cast<off_t>(offset), static_cast<off_t>(length),
                        POSIX_FADV_DONTNEED);
  LARDER_ASSIGN_OR_RETURN(const size_t n, file.ReadAt(offset, {into, length}));
  return n == length ? absl::OkStatus() : absl::DataLossError("the cache file is too short");
}

}  // namespace

absl::Status LocalCopy::Check(uint32_t block, bool drop_bad) {
  absl::Status status = CompareOnDisk(block);
  // Once more: a reader may have dropped it and filled it anew meanwhile.
  if (!status.ok() && !absl::IsNotFound(status)) status = CompareOnDisk(block);
  if (status.ok() || absl::IsNotFound(status)) return status;
  if (drop_bad) Drop(block, status);
  return status;
}

absl::Status LocalCopy::CompareOnDisk(uint32_t block) {
  std::shared_ptr<const File> file;
  uint64_t base = 0;
  uint32_t crc = 0;
  {
    MutexLock lock(&mutex_);
    if (block >= block_count_ || !present_[block]) {
      return absl::NotFoundError("the block is not here");
    }
    file = file_;
    base = base_;
    crc = crcs_[block];
  }
  const uint64_t length = BlockLength(block);
  const std::shared_ptr<Buffer> buffer =
      core_->buffers->AcquireAlways(RoundUp(length, kDiskBlockBytes));
  LARDER_RETURN_IF_ERROR(
      ReadFromDisk(*file, base + uint64_t{block} * block_bytes_, length, buffer->data()));
  if (Crc32c({buffer->data(), length}) != crc) return absl::DataLossError("checksum mismatch");
  MutexLock lock(&mutex_);
  // Not where other bytes have come meanwhile, which nobody has read.
  const bool same = present_[block] && file_ == file && base_ == base && crcs_[block] == crc;
  if (same && !unverified_.empty() && unverified_[block]) {
    unverified_[block] = false;
    --unverified_count_;
  }
  return absl::OkStatus();
}

}  // namespace larder::cache

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/errno.h"

#include <cerrno>

namespace larder::fuse {
namespace {

int NotFoundErrno(Subject subject) {
  switch (subject) {
    case Subject::kName:
      return ENOENT;
    case Subject::kInode:
      return ESTALE;
    case Subject::kAttribute:
      return ENODATA;
  }
  return EIO;
}

}  // namespace

int ErrnoOf(const absl::Status& status, Subject subject) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kNotFound:
      return NotFoundErrno(subject);
    case absl::StatusCode::kFailedPrecondition:
      return ESTALE;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return EACCES;
    case absl::StatusCode::kCancelled:
      return EINTR;
    case absl::StatusCode::kInvalidArgument:
      return EINVAL;
    case absl::StatusCode::kUnimplemented:
      // Never ENOSYS: the kernel would take it for the whole connection and not ask again.
      return EOPNOTSUPP;
    default:
      return EIO;
  }
}

}  // namespace larder::fuse

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/errno.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace larder::fuse {
namespace {

struct Case {
  absl::StatusCode code;
  int name;
  int inode;
  int attribute;
};

TEST(ErrnoTest, EveryStatusHasOne) {
  const Case cases[] = {
      {absl::StatusCode::kOk, 0, 0, 0},
      {absl::StatusCode::kCancelled, EINTR, EINTR, EINTR},
      {absl::StatusCode::kUnknown, EIO, EIO, EIO},
      {absl::StatusCode::kInvalidArgument, EINVAL, EINVAL, EINVAL},
      {absl::StatusCode::kDeadlineExceeded, EIO, EIO, EIO},
      {absl::StatusCode::kNotFound, ENOENT, ESTALE, ENODATA},
      {absl::StatusCode::kAlreadyExists, EIO, EIO, EIO},
      {absl::StatusCode::kPermissionDenied, EACCES, EACCES, EACCES},
      {absl::StatusCode::kResourceExhausted, EIO, EIO, EIO},
      {absl::StatusCode::kFailedPrecondition, ESTALE, ESTALE, ESTALE},
      {absl::StatusCode::kAborted, EIO, EIO, EIO},
      {absl::StatusCode::kOutOfRange, EIO, EIO, EIO},
      {absl::StatusCode::kUnimplemented, EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP},
      {absl::StatusCode::kInternal, EIO, EIO, EIO},
      {absl::StatusCode::kUnavailable, EIO, EIO, EIO},
      {absl::StatusCode::kDataLoss, EIO, EIO, EIO},
      {absl::StatusCode::kUnauthenticated, EACCES, EACCES, EACCES},
  };
  for (const Case& c : cases) {
    const absl::Status status(c.code, "why");
    EXPECT_EQ(ErrnoOf(status, Subject::kName), c.name) << status;
    EXPECT_EQ(ErrnoOf(status, Subject::kInode), c.inode) << status;
    EXPECT_EQ(ErrnoOf(status, Subject::kAttribute), c.attribute) << status;
  }
}

}  // namespace
}  // namespace larder::fuse

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_ERRORS_H_
#define LARDER_BASE_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// What each status code means in Larder. fs/fuse/ turns them into errno.
//
//   NotFound            no object of that name; an answer, never logged as an error
//   FailedPrecondition  the object is no longer the version that was opened (ESTALE)
//   PermissionDenied    the remote refused: credentials, policy, archived object (EACCES)
//   Unauthenticated     no or wrong credentials (EACCES)
//   Unavailable         the remote can't be reached or answers 5xx; worth a retry (EIO)
//   DeadlineExceeded    the deadline of a wait passed (EIO)
//   DataLoss            the remote's answer is malformed or shorter than promised (EIO)
//   Cancelled           the caller gave up (EINTR)
//   ResourceExhausted   no space, no memory budget, a limit reached (EIO, or no caching)
//   InvalidArgument     wrong usage or configuration
//   Unimplemented       the remote can't do that
//   Internal            ours to mend

namespace larder {

// Errors of system calls: "CONTEXT: No space left on device" with the code of `error_number`.
absl::Status ErrnoError(int error_number, absl::string_view context);

// The same status with "CONTEXT: " before its message; OK stays OK.
absl::Status WithContext(const absl::Status& status, absl::string_view context);

// True for failures that say nothing of the object, only of the way to it: Unavailable,
// DeadlineExceeded, DataLoss.
bool IsTransient(const absl::Status& status);

}  // namespace larder

#define LARDER_RETURN_IF_ERROR(expr)                 \
  do {                                               \
    absl::Status larder_status_ = (expr);            \
    if (!larder_status_.ok()) return larder_status_; \
  } while (false)

#define LARDER_CONCAT_INNER_(a, b) a##b
#define LARDER_CONCAT_(a, b) LARDER_CONCAT_INNER_(a, b)
#define LARDER_ASSIGN_OR_RETURN(lhs, expr) \
  LARDER_ASSIGN_OR_RETURN_IMPL_(LARDER_CONCAT_(larder_or_, __LINE__), lhs, expr)
#define LARDER_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                  \
  if (!tmp.ok()) return std::move(tmp).status();      \
  lhs = std::move(tmp).value()

#endif  // LARDER_BASE_ERRORS_H_

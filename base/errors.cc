// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "base/errors.h"

#include "absl/strings/str_cat.h"

namespace larder {

absl::Status ErrnoError(int error_number, absl::string_view context) {
  return absl::ErrnoToStatus(error_number, context);
}

absl::Status WithContext(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsDataLoss(status);
}

}  // namespace larder

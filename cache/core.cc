// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "cache/core.h"

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace larder::cache {

void StopFilling(Core& core, const absl::Status& cause) {
  if (!core.space->Stop(cause)) return;
  LogError(absl::StrCat("cache: filling stops, reads go on from the remote: ", cause.message()));
}

}  // namespace larder::cache

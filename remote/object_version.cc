// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/object_store.h"

namespace larder::remote {

bool ObjectVersion::Matches(const ObjectVersion& other) const {
  if (size != other.size) return false;
  if (!etag.empty() && !other.etag.empty()) return etag == other.etag;
  const bool both_timed = mtime != absl::InfinitePast() && other.mtime != absl::InfinitePast();
  return !both_timed || mtime == other.mtime;
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_OBJECT_SPEC_H_
#define LARDER_CACHE_OBJECT_SPEC_H_

#include <cstdint>
#include <string>

#include "base/digest.h"
#include "remote/object_store.h"

namespace larder::cache {

// One version of one object, as it is opened.
struct ObjectSpec {
  Digest id;  // names this version for ever, also across restarts; see fs/identity.h for how it is
              // made
  std::string path;               // on the remote
  remote::ObjectVersion version;  // size is exact; the ETag may be unknown until the first GET
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_OBJECT_SPEC_H_

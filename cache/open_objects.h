// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_OPEN_OBJECTS_H_
#define LARDER_CACHE_OPEN_OBJECTS_H_

#include <functional>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "base/digest.h"
#include "base/mutex.h"

namespace larder::cache {

class Object;

// Which objects are open, and which are claimed by somebody who changes what is on disk of an
// object that nobody has open (eviction, the recount). The two exclude each other: who opens waits
// for the end of a claim, which lasts a few milliseconds; who claims is refused. Thread-safe.
class OpenObjects {
 public:
  // The open object of `id`, else what `make` gives. `made` tells which. An object stays in the
  // books until its Closed, which its destructor calls when its files are left alone.
  std::shared_ptr<Object> FindOrMake(const Digest& id,
                                     const std::function<std::shared_ptr<Object>()>& make,
                                     bool* made);
  // Null: nobody has it open.
  std::shared_ptr<Object> Find(const Digest& id);
  void Closed(const Digest& id);

  // True: nobody has it open, and nobody opens it until Unclaim.
  bool Claim(const Digest& id);
  void Unclaim(const Digest& id) { Closed(id); }

 private:
  Mutex mutex_;
  CondVar changed_;
  // Claimed ones have no object, and so do those that are just closing.
  absl::flat_hash_map<Digest, std::weak_ptr<Object>> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_OPEN_OBJECTS_H_

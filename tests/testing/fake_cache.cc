// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/fake_cache.h"

namespace larder::testing {

void FakeObject::SetStale() {
  MutexLock lock(&mutex_);
  stale_ = true;
}

bool FakeObject::stale() const {
  MutexLock lock(&mutex_);
  return stale_;
}

uint64_t FakeObject::Read(ByteRange, cache::ReadCallback done) {
  done(absl::UnimplementedError("FakeObject has no bytes"));
  return 0;
}

absl::StatusOr<std::shared_ptr<cache::CachedObject>> FakeCache::Open(
    const cache::Dataset&, const cache::ObjectSpec& spec) {
  MutexLock lock(&mutex_);
  ++opens_;
  std::string& etag = etags_[spec.id.ToHex()];
  if (!etag.empty() && !spec.version.etag.empty() && etag != spec.version.etag) {
    return absl::FailedPreconditionError(spec.path);
  }
  if (!spec.version.etag.empty()) etag = spec.version.etag;
  std::shared_ptr<FakeObject> object = objects_[spec.id.ToHex()].lock();
  if (object == nullptr) {
    object = std::make_shared<FakeObject>(spec);
    objects_[spec.id.ToHex()] = object;
  }
  return object;
}

void FakeCache::Remember(const Digest& id, const std::string& etag) {
  MutexLock lock(&mutex_);
  etags_[id.ToHex()] = etag;
}

void FakeCache::Retire(const Digest& id, bool replaced) {
  MutexLock lock(&mutex_);
  retired_.push_back(id.ToHex() + (replaced ? "+" : ""));
}

std::vector<std::string> FakeCache::retired() const {
  MutexLock lock(&mutex_);
  return retired_;
}

size_t FakeCache::opens() const {
  MutexLock lock(&mutex_);
  return opens_;
}

}  // namespace larder::testing

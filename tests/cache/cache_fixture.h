// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_CACHE_CACHE_FIXTURE_H_
#define LARDER_TESTS_CACHE_CACHE_FIXTURE_H_

#include <algorithm>
#include <cstring>
#include <future>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "cache/cache.h"
#include "gtest/gtest.h"
#include "tests/testing/memory_store.h"
#include "tests/testing/temp_dir.h"

namespace larder::cache {

// A cache on a folder of its own over a remote in memory.
class CacheFixture : public ::testing::Test {
 protected:
  CacheFixture() {
    options_.folder = folder_.path() + "/cache";
    options_.capacity_bytes = 512 << 20;
    options_.memory_bytes = 64 << 20;
    dataset_.id = 7;
    dataset_.store = &store_;
    dataset_.counters = &counters_;
    dataset_.deadline = absl::Seconds(20);
  }
  ~CacheFixture() override {
    store_.Release();
    Close();
  }

  void Open() {
    auto cache = Cache::Create(options_);
    ASSERT_TRUE(cache.ok()) << cache.status();
    cache_ = *std::move(cache);
  }
  void Close() {
    if (cache_ != nullptr) cache_->Shutdown();
    cache_ = nullptr;
  }
  void Reopen() {
    Close();
    Open();
  }

  // Bytes that differ from block to block and from name to name, so that a mix-up shows.
  static std::string Pattern(const std::string& name, size_t size) {
    std::string bytes(size, '\0');
    uint64_t state = std::hash<std::string>()(name) | 1;
    for (size_t i = 0; i < size; i += sizeof(state)) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      memcpy(bytes.data() + i, &state, std::min(sizeof(state), size - i));
    }
    return bytes;
  }

  std::string PutObject(const std::string& path, size_t size) {
    std::string bytes = Pattern(path, size);
    store_.Put(path, bytes, "\"" + path + "\"");
    return bytes;
  }

  ObjectSpec Spec(const std::string& path, uint64_t size) {
    ObjectSpec spec;
    spec.id = Digest::Of({path, std::to_string(size)});
    spec.path = path;
    spec.version.size = size;
    return spec;
  }

  std::shared_ptr<CachedObject> OpenObject(const std::string& path, uint64_t size) {
    auto object = cache_->Open(dataset_, Spec(path, size));
    EXPECT_TRUE(object.ok()) << object.status();
    return object.ok() ? *std::move(object) : nullptr;
  }

  static absl::StatusOr<std::string> Read(CachedObject& object, ByteRange range) {
    auto answer = std::make_shared<std::promise<absl::StatusOr<std::string>>>();
    auto future = answer->get_future();
    object.Read(range, [answer](absl::StatusOr<ReadBytes> bytes) {
      if (bytes.ok()) {
        answer->set_value(bytes->ToString());
      } else {
        answer->set_value(bytes.status());
      }
    });
    return future.get();
  }

  static absl::Status Warm(CachedObject& object) {
    auto answer = std::make_shared<std::promise<absl::Status>>();
    auto future = answer->get_future();
    object.Warm([answer](absl::Status status) { answer->set_value(std::move(status)); });
    return future.get();
  }

  larder::testing::TempDir folder_;
  larder::testing::MemoryStore store_;
  DatasetCounters counters_;
  CacheOptions options_;
  Dataset dataset_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace larder::cache

#endif  // LARDER_TESTS_CACHE_CACHE_FIXTURE_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_MEMORY_STORE_H_
#define LARDER_TESTS_TESTING_MEMORY_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "remote/object_store.h"

namespace larder::testing {

// A remote in memory for tests of what fills from one: reads are delivered in pieces on threads of
// its own, honour pause and cancel, and can be held back, cut short or failed. Listings and Stats
// are not its business (Unimplemented). Thread-safe.
class MemoryStore : public remote::ObjectStore {
 public:
  MemoryStore() : threads_("memory-store", 4) {}
  ~MemoryStore() override;

  void Put(const std::string& path, std::string bytes, std::string etag);

  // Reads begun from now on deliver `bytes` and then stop until Release.
  void HoldAfter(uint64_t bytes);
  void Release();
  // Reads begun from now on end with this after half of their bytes; OK: no more.
  void FailWith(absl::Status status);
  // Every answer is the whole object.
  void NoRanges();

  struct Request {
    std::string path;
    ByteRange range;
  };
  std::vector<Request> requests() const;
  // Waits until no read is under way, then: how many bytes were delivered.
  uint64_t delivered_bytes();

  std::shared_ptr<remote::Transfer> List(
      absl::string_view path, absl::string_view page, const remote::RequestOptions& options,
      std::function<void(absl::StatusOr<remote::ListPage>)> done) override;
  std::shared_ptr<remote::Transfer> Stat(
      absl::string_view path, const remote::RequestOptions& options,
      std::function<void(absl::StatusOr<remote::Attributes>)> done) override;
  std::shared_ptr<remote::Transfer> ReadRange(absl::string_view path,
                                              const remote::ObjectVersion& expected,
                                              ByteRange range,
                                              const remote::RequestOptions& options,
                                              std::shared_ptr<remote::RangeSink> sink) override;
  bool supports_ranges() const override;
  std::string Url(absl::string_view path) const override;

 private:
  class Delivery;
  struct Content {
    std::string bytes;
    std::string etag;
  };

  mutable Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Content> objects_ ABSL_GUARDED_BY(mutex_);
  std::vector<Request> requests_ ABSL_GUARDED_BY(mutex_);
  uint64_t delivered_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t hold_after_ ABSL_GUARDED_BY(mutex_) = UINT64_MAX;
  uint64_t releases_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  bool ranges_ ABSL_GUARDED_BY(mutex_) = true;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  ThreadPool threads_;
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_MEMORY_STORE_H_

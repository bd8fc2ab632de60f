// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_REMOTE_CALLS_H_
#define LARDER_FS_REMOTE_CALLS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "remote/object_store.h"

namespace larder::fs {

// The catalog's calls of the store: answers are brought from the store's threads, which must not be
// held up, to the writer's, and all calls can be ended. Thread-safe; the lock is a leaf.
class RemoteCalls {
 public:
  // Not owned; both outlive it.
  RemoteCalls(remote::ObjectStore* store, ThreadPool* writer) : store_(store), writer_(writer) {}
  // Shutdown() was called.
  ~RemoteCalls() = default;

  // As the store's, with `done` on the writer's thread. After Shutdown() began: Cancelled.
  void Stat(absl::string_view path, const remote::RequestOptions& options,
            std::function<void(absl::StatusOr<remote::Attributes>)> done);
  void List(absl::string_view path, absl::string_view page, const remote::RequestOptions& options,
            std::function<void(absl::StatusOr<remote::ListPage>)> done);

  // Cancels all calls and waits until the last `done` has returned. Not on the writer's thread.
  void Shutdown() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  template <typename Answer, typename Start>
  void Call(const Start& start, std::function<void(absl::StatusOr<Answer>)> done);

  remote::ObjectStore* const store_;
  ThreadPool* const writer_;

  Mutex mutex_;
  CondVar ended_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t last_call_ ABSL_GUARDED_BY(mutex_) = 0;
  // Null until the store has returned the transfer.
  absl::flat_hash_map<uint64_t, std::shared_ptr<remote::Transfer>> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fs

#endif  // LARDER_FS_REMOTE_CALLS_H_

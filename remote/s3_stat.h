// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_S3_STAT_H_
#define LARDER_REMOTE_S3_STAT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "remote/object_store.h"

namespace larder::remote {

// Whether a key is an object, a folder or nothing, from two answers that come at the same time:
// HEAD of the key, and a listing of what lies below it. A folder that is there counts at once, and
// the HEAD is dropped. Thread-safe.
class S3StatCall : public Transfer, public std::enable_shared_from_this<S3StatCall> {
 public:
  // `done` is called exactly once, on the thread of the answer that decides.
  explicit S3StatCall(std::function<void(absl::StatusOr<Attributes>)> done)
      : done_(std::move(done)) {}

  // Each once. They may come before SetTransfers.
  void OnHead(absl::StatusOr<Attributes> answer) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnListing(absl::StatusOr<bool> has_keys) ABSL_LOCKS_EXCLUDED(mutex_);

  // The two requests, once both have been sent.
  void SetTransfers(const std::shared_ptr<Transfer>& head, const std::shared_ptr<Transfer>& listing)
      ABSL_LOCKS_EXCLUDED(mutex_);

  void Cancel() override ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() override {}

 private:
  // What the answers say so far, moved out of them; nullopt: wait for the other one.
  std::optional<absl::StatusOr<Attributes>> Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Finish() ABSL_LOCKS_EXCLUDED(mutex_);

  Mutex mutex_;
  std::function<void(absl::StatusOr<Attributes>)> done_
      ABSL_GUARDED_BY(mutex_);  // empty once called
  std::optional<absl::StatusOr<Attributes>> head_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::StatusOr<bool>> has_keys_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Transfer> head_transfer_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Transfer> listing_transfer_ ABSL_GUARDED_BY(mutex_);
  bool is_cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_S3_STAT_H_

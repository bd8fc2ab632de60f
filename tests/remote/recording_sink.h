// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_REMOTE_RECORDING_SINK_H_
#define LARDER_TESTS_REMOTE_RECORDING_SINK_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "remote/object_store.h"

namespace larder::remote {

// A sink for tests: keeps what comes, pauses where told, and fails the test when calls come in an
// order that RangeSink does not allow. Thread-safe.
class RecordingSink : public RangeSink {
 public:
  // Takes no byte past `pause_at` (counted from the start of what comes) until Open() is called.
  explicit RecordingSink(uint64_t pause_at = std::numeric_limits<uint64_t>::max())
      : limit_(pause_at) {}

  absl::Status OnStart(uint64_t offset, const ObjectVersion& version) override {
    MutexLock lock(&mutex_);
    EXPECT_FALSE(status_.has_value()) << "OnStart after OnDone";
    EXPECT_TRUE(bytes_.empty()) << "OnStart after bytes";
    offset_ = offset;
    version_ = version;
    ++starts_;
    changed_.NotifyAll();
    return start_status_;
  }

  bool OnData(std::span<const char> bytes) override {
    MutexLock lock(&mutex_);
    EXPECT_FALSE(status_.has_value()) << "OnData after OnDone";
    EXPECT_GT(starts_, 0) << "OnData before OnStart";
    EXPECT_FALSE(bytes.empty());
    if (bytes_.size() + bytes.size() > limit_) {
      ++pauses_;
      changed_.NotifyAll();
      return false;
    }
    bytes_.append(bytes.data(), bytes.size());
    changed_.NotifyAll();
    return true;
  }

  void OnDone(const absl::Status& status) override {
    MutexLock lock(&mutex_);
    EXPECT_FALSE(status_.has_value()) << "OnDone twice";
    status_ = status;
    changed_.NotifyAll();
  }

  void FailStart(absl::Status status) {
    MutexLock lock(&mutex_);
    start_status_ = std::move(status);
  }
  // Takes everything from now on; the caller resumes the transfer.
  void Open() {
    MutexLock lock(&mutex_);
    limit_ = std::numeric_limits<uint64_t>::max();
  }
  void WaitForPause() {
    MutexLock lock(&mutex_);
    while (pauses_ == 0 && !status_.has_value()) changed_.Wait(&mutex_);
    EXPECT_FALSE(status_.has_value()) << "ended before it paused: " << *status_;
  }
  void WaitForBytes(uint64_t count) {
    MutexLock lock(&mutex_);
    while (bytes_.size() < count && !status_.has_value()) changed_.Wait(&mutex_);
  }
  absl::Status WaitForEnd() {
    MutexLock lock(&mutex_);
    while (!status_.has_value()) changed_.Wait(&mutex_);
    return *status_;
  }

  std::string bytes() {
    MutexLock lock(&mutex_);
    return bytes_;
  }
  uint64_t offset() {
    MutexLock lock(&mutex_);
    return offset_;
  }
  int starts() {
    MutexLock lock(&mutex_);
    return starts_;
  }
  ObjectVersion version() {
    MutexLock lock(&mutex_);
    return version_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  uint64_t limit_ ABSL_GUARDED_BY(mutex_);
  std::string bytes_ ABSL_GUARDED_BY(mutex_);
  uint64_t offset_ ABSL_GUARDED_BY(mutex_) = 0;
  ObjectVersion version_ ABSL_GUARDED_BY(mutex_);
  int starts_ ABSL_GUARDED_BY(mutex_) = 0;
  int pauses_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status start_status_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::remote

#endif  // LARDER_TESTS_REMOTE_RECORDING_SINK_H_

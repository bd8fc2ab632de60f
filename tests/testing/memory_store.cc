// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/memory_store.h"

#include <algorithm>
#include <utility>

namespace larder::testing {
namespace {

constexpr size_t kPieceBytes = 64 << 10;

}  // namespace

// One ReadRange: runs on one thread of the store from start to end.
class MemoryStore::Delivery : public remote::Transfer {
 public:
  Delivery(MemoryStore* store, std::shared_ptr<remote::RangeSink> sink)
      : store_(store), sink_(std::move(sink)) {}

  void Cancel() override {
    MutexLock lock(&store_->mutex_);
    cancelled_ = true;
    store_->changed_.NotifyAll();
  }
  void Resume() override {
    MutexLock lock(&store_->mutex_);
    ++resumes_;
    store_->changed_.NotifyAll();
  }

  void Run(const std::string& path, ByteRange range) {
    sink_->OnDone(Deliver(path, range));
    sink_ = nullptr;
  }

 private:
  absl::Status Deliver(const std::string& path, ByteRange range) {
    std::string body;
    remote::ObjectVersion version;
    uint64_t hold_after = 0;
    uint64_t releases = 0;
    absl::Status failure;
    {
      MutexLock lock(&store_->mutex_);
      const auto found = store_->objects_.find(path);
      if (found == store_->objects_.end()) return absl::NotFoundError(path);
      if (!store_->ranges_) range = {0, found->second.bytes.size()};
      body = found->second.bytes.substr(range.offset, range.length);
      version.size = found->second.bytes.size();
      version.etag = found->second.etag;
      hold_after = store_->hold_after_;
      releases = store_->releases_;
      failure = store_->failure_;
    }
    absl::Status status = sink_->OnStart(range.offset, version);
    if (!status.ok()) return status;
    for (size_t at = 0; at < body.size();) {
      if (!failure.ok() && at >= body.size() / 2) return failure;
      if (at >= hold_after) status = WaitForRelease(releases);
      if (!status.ok()) return status;
      const uint64_t resumes = Resumes();
      const size_t n =
          std::min({kPieceBytes, body.size() - at,
                    at < hold_after ? static_cast<size_t>(hold_after - at) : SIZE_MAX});
      if (!sink_->OnData({body.data() + at, n})) {
        status = WaitForResume(resumes);
        if (!status.ok()) return status;
        continue;
      }
      at += n;
      MutexLock lock(&store_->mutex_);
      store_->delivered_bytes_ += n;
      if (cancelled_) return absl::CancelledError("cancelled");
    }
    return failure;
  }

  uint64_t Resumes() {
    MutexLock lock(&store_->mutex_);
    return resumes_;
  }
  absl::Status WaitForRelease(uint64_t seen) {
    MutexLock lock(&store_->mutex_);
    while (store_->releases_ == seen && !cancelled_ && !store_->ending_) {
      store_->changed_.Wait(&store_->mutex_);
    }
    return cancelled_ ? absl::CancelledError("cancelled") : absl::OkStatus();
  }
  absl::Status WaitForResume(uint64_t seen) {
    MutexLock lock(&store_->mutex_);
    while (resumes_ == seen && !cancelled_ && !store_->ending_) {
      store_->changed_.Wait(&store_->mutex_);
    }
    return cancelled_ ? absl::CancelledError("cancelled") : absl::OkStatus();
  }

  MemoryStore* const store_;
  std::shared_ptr<remote::RangeSink> sink_;
  bool cancelled_ = false;  // these two guarded by the store's mutex
  uint64_t resumes_ = 0;
};

MemoryStore::~MemoryStore() {
  MutexLock lock(&mutex_);
  ending_ = true;
  changed_.NotifyAll();
}

void MemoryStore::Put(const std::string& path, std::string bytes, std::string etag) {
  MutexLock lock(&mutex_);
  objects_[path] = {std::move(bytes), std::move(etag)};
}

void MemoryStore::HoldAfter(uint64_t bytes) {
  MutexLock lock(&mutex_);
  hold_after_ = bytes;
}

void MemoryStore::Release() {
  MutexLock lock(&mutex_);
  hold_after_ = UINT64_MAX;
  ++releases_;
  changed_.NotifyAll();
}

void MemoryStore::FailWith(absl::Status status) {
  MutexLock lock(&mutex_);
  failure_ = std::move(status);
}

void MemoryStore::NoRanges() {
  MutexLock lock(&mutex_);
  ranges_ = false;
}

std::vector<MemoryStore::Request> MemoryStore::requests() const {
  MutexLock lock(&mutex_);
  return requests_;
}

uint64_t MemoryStore::delivered_bytes() {
  threads_.Drain();
  MutexLock lock(&mutex_);
  return delivered_bytes_;
}

std::shared_ptr<remote::Transfer> MemoryStore::List(
    absl::string_view path, absl::string_view page, const remote::RequestOptions& options,
    std::function<void(absl::StatusOr<remote::ListPage>)> done) {
  threads_.Run([done = std::move(done)] { done(absl::UnimplementedError("no listings")); });
  return std::make_shared<Delivery>(this, nullptr);
}

std::shared_ptr<remote::Transfer> MemoryStore::Stat(
    absl::string_view path, const remote::RequestOptions& options,
    std::function<void(absl::StatusOr<remote::Attributes>)> done) {
  threads_.Run([done = std::move(done)] { done(absl::UnimplementedError("no attributes")); });
  return std::make_shared<Delivery>(this, nullptr);
}

std::shared_ptr<remote::Transfer> MemoryStore::ReadRange(absl::string_view path,
                                                         const remote::ObjectVersion& expected,
                                                         ByteRange range,
                                                         const remote::RequestOptions& options,
                                                         std::shared_ptr<remote::RangeSink> sink) {
  auto delivery = std::make_shared<Delivery>(this, std::move(sink));
  {
    MutexLock lock(&mutex_);
    requests_.push_back({std::string(path), range});
  }
  threads_.Run([delivery, path = std::string(path), range] { delivery->Run(path, range); });
  return delivery;
}

bool MemoryStore::supports_ranges() const {
  MutexLock lock(&mutex_);
  return ranges_;
}

std::string MemoryStore::Url(absl::string_view path) const {
  return "memory://" + std::string(path);
}

}  // namespace larder::testing

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/remote_calls.h"

#include <utility>
#include <vector>

namespace larder::fs {

template <typename Answer, typename Start>
void RemoteCalls::Call(const Start& start, std::function<void(absl::StatusOr<Answer>)> done) {
  uint64_t call = 0;
  {
    MutexLock lock(&mutex_);
    if (!stopping_) {
      call = ++last_call_;
      calls_[call] = nullptr;
    }
  }
  if (call == 0) {
    writer_->Run([done = std::move(done)] { done(absl::CancelledError("shutting down")); });
    return;
  }
  std::shared_ptr<remote::Transfer> transfer =
      start([this, call, done = std::move(done)](absl::StatusOr<Answer> answer) {
        // Shared: a page of a listing may be large, and tasks are copied.
        auto shared = std::make_shared<absl::StatusOr<Answer>>(std::move(answer));
        writer_->Run([this, call, done, shared] {
          done(std::move(*shared));
          std::shared_ptr<remote::Transfer> ended;  // dies after the lock is gone
          MutexLock lock(&mutex_);
          const auto it = calls_.find(call);
          ended = std::move(it->second);
          calls_.erase(it);
          if (calls_.empty()) ended_.NotifyAll();
        });
      });
  bool cancel = false;
  {
    MutexLock lock(&mutex_);
    const auto it = calls_.find(call);
    if (it != calls_.end()) {
      it->second = transfer;
      cancel = stopping_;
    }
  }
  if (cancel && transfer != nullptr) transfer->Cancel();
}

void RemoteCalls::Stat(absl::string_view path, const remote::RequestOptions& options,
                       std::function<void(absl::StatusOr<remote::Attributes>)> done) {
  Call<remote::Attributes>(
      [&](auto answer) { return store_->Stat(path, options, std::move(answer)); }, std::move(done));
}

void RemoteCalls::List(absl::string_view path, absl::string_view page,
                       const remote::RequestOptions& options,
                       std::function<void(absl::StatusOr<remote::ListPage>)> done) {
  Call<remote::ListPage>(
      [&](auto answer) { return store_->List(path, page, options, std::move(answer)); },
      std::move(done));
}

void RemoteCalls::Shutdown() {
  std::vector<std::shared_ptr<remote::Transfer>> transfers;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    for (const auto& [call, transfer] : calls_) {
      if (transfer != nullptr) transfers.push_back(transfer);
    }
  }
  for (const auto& transfer : transfers) transfer->Cancel();
  MutexLock lock(&mutex_);
  while (!calls_.empty()) ended_.Wait(&mutex_);
}

}  // namespace larder::fs

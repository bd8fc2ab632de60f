// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/s3_stat.h"

#include <utility>

namespace larder::remote {

std::optional<absl::StatusOr<Attributes>> S3StatCall::Decide() {
  if (has_keys_ && has_keys_->ok() && **has_keys_) {
    Attributes folder;
    folder.kind = EntryKind::kFolder;
    return folder;
  }
  if (!has_keys_ || !head_) return std::nullopt;
  if (has_keys_->ok()) return std::move(head_);
  // Reading is allowed, listing is not: what is a file is known to be one all the same.
  if (head_->ok() && absl::IsPermissionDenied(has_keys_->status())) return std::move(head_);
  // Of two errors the listing's is the one with a body, which says why.
  return std::move(*has_keys_).status();
}

void S3StatCall::OnHead(absl::StatusOr<Attributes> answer) {
  {
    MutexLock lock(&mutex_);
    head_ = std::move(answer);
    head_transfer_ = nullptr;
  }
  Finish();
}

void S3StatCall::OnListing(absl::StatusOr<bool> has_keys) {
  {
    MutexLock lock(&mutex_);
    has_keys_ = std::move(has_keys);
    listing_transfer_ = nullptr;
  }
  Finish();
}

void S3StatCall::Finish() {
  std::function<void(absl::StatusOr<Attributes>)> done;
  std::optional<absl::StatusOr<Attributes>> answer;
  std::shared_ptr<Transfer> not_needed;
  {
    MutexLock lock(&mutex_);
    if (done_ == nullptr) return;
    answer = Decide();
    if (!answer) return;
    done = std::exchange(done_, nullptr);
    not_needed = std::move(head_transfer_);
  }
  if (not_needed != nullptr) not_needed->Cancel();
  done(*std::move(answer));
}

void S3StatCall::SetTransfers(const std::shared_ptr<Transfer>& head,
                              const std::shared_ptr<Transfer>& listing) {
  bool end_head = false;
  bool end_listing = false;
  {
    MutexLock lock(&mutex_);
    end_head = is_cancelled_ || done_ == nullptr;
    end_listing = is_cancelled_;
    // An answer that has come already is not waited for: keeping its transfer would keep a cycle.
    if (!head_ && !end_head) head_transfer_ = head;
    if (!has_keys_ && !end_listing) listing_transfer_ = listing;
  }
  if (end_head) head->Cancel();
  if (end_listing) listing->Cancel();
}

void S3StatCall::Cancel() {
  std::shared_ptr<Transfer> head;
  std::shared_ptr<Transfer> listing;
  {
    MutexLock lock(&mutex_);
    is_cancelled_ = true;
    head = head_transfer_;
    listing = listing_transfer_;
  }
  if (head != nullptr) head->Cancel();
  if (listing != nullptr) listing->Cancel();
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_FUSE_REQUEST_H_
#define LARDER_FS_FUSE_REQUEST_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "fs/fuse/connection.h"
#include "fs/fuse/errno.h"
#include "fs/fuse/fuse_library.h"
#include "fs/fuse/pending_call.h"

namespace larder::fuse {

inline Connection& ConnectionOf(fuse_req_t request) {
  return *static_cast<Connection*>(fuse_req_userdata(request));
}

inline void ReplyStatus(fuse_req_t request, const absl::Status& status, Subject subject) {
  fuse_reply_err(request, ErrnoOf(status, subject));
}

// A request whose answer may come later. The library's request may be used in the `reply` of
// Answer, nowhere else.
class Request final : public PendingCall {
 public:
  explicit Request(fuse_req_t request)
      : PendingCall(&ConnectionOf(request).pending), request_(request) {}

  fuse_req_t fuse() const { return request_; }

 private:
  void Arm(uint64_t number) override {
    // The number goes where a pointer would: it can come late, when this is gone.
    fuse_req_interrupt_func(request_, &Request::OnInterrupt, reinterpret_cast<void*>(number));
  }
  void Disarm() override { fuse_req_interrupt_func(request_, nullptr, nullptr); }
  void ReplyError(int error_number) override { fuse_reply_err(request_, error_number); }

  static void OnInterrupt(fuse_req_t request, void* number) {
    ConnectionOf(request).pending.Interrupted(reinterpret_cast<uintptr_t>(number));
  }

  const fuse_req_t request_;
};

}  // namespace larder::fuse

#endif  // LARDER_FS_FUSE_REQUEST_H_

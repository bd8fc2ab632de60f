// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_RANGE_READ_H_
#define LARDER_REMOTE_RANGE_READ_H_

#include <functional>
#include <memory>
#include <string>

#include "base/byte_range.h"
#include "remote/http_fetch.h"
#include "remote/object_store.h"

namespace larder::remote {

// ObjectStore::ReadRange over HTTP; S3 and plain HTTP share it. One or more ranged GETs that the
// sink sees as one run of bytes: a transfer that breaks off goes on from the byte where it stopped.
// Every answer is checked, whether or not the server honours If-Match: status, Content-Range
// (offset, total size), ETag or Last-Modified against `expected`, Content-Encoding (must be
// identity). Errors beside those of ObjectStore: DataLoss for a Content-Range that is not what was
// asked for, an encoded body, and a body shorter than promised kMaxShortBodies times in a row
// without progress.
//
// The deadline is of the wait for bytes: each byte that comes, and each time the sink takes on
// after a pause, starts it anew.
struct RangeReadRequest {
  std::string url;  // percent-encoded
  ObjectVersion expected;
  ByteRange range;
  // Called (on a client thread, maybe often) when a ranged GET for a part of the object was
  // answered by the whole.
  std::function<void()> on_ranges_ignored;
};

inline constexpr int kMaxShortBodies = 5;

std::shared_ptr<Transfer> RangeRead(const HttpContext& context, RangeReadRequest request,
                                    const RequestOptions& options, std::shared_ptr<RangeSink> sink);

// The version that an answer's head shows: ETag if strong, Last-Modified, and the total size
// (Content-Range's, else Content-Length). DataLoss where the head has no size.
absl::StatusOr<ObjectVersion> VersionOfHead(const HttpHead& head);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_RANGE_READ_H_

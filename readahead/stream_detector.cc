// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "readahead/stream_detector.h"

#include <algorithm>

namespace larder::readahead {

StreamDetector::Stream& StreamDetector::FindOrReplace(ByteRange read, bool* found) {
  Stream* oldest = &streams_[0];
  for (Stream& stream : streams_) {
    const uint64_t low =
        stream.position > options_.slack_bytes ? stream.position - options_.slack_bytes : 0;
    if (stream.last_used != 0 && read.offset >= low &&
        read.offset <= stream.position + options_.slack_bytes) {
      *found = true;
      return stream;
    }
    if (stream.last_used < oldest->last_used) oldest = &stream;
  }
  *found = false;
  return *oldest;
}

ByteRange StreamDetector::Observe(ByteRange read) {
  bool found = false;
  Stream& stream = FindOrReplace(read, &found);
  stream.last_used = ++reads_;
  if (!found) {
    stream.position = read.end();
    stream.ahead_end = read.end();
    stream.window = read.offset == 0 ? options_.first_window_bytes : 0;
    if (stream.window == 0) return {};
  } else if (read.end() <= stream.position) {
    // Behind the front: out of order, or read again. Nothing new is learned.
    return {};
  } else {
    stream.position = read.end();
    if (stream.window == 0) stream.window = options_.first_window_bytes;
  }
  stream.ahead_end = std::max(stream.ahead_end, stream.position);
  const uint64_t ahead = stream.ahead_end - stream.position;
  if (found && ahead > stream.window / 2) return {};
  if (found) {
    stream.window = std::min(stream.window * 2, options_.max_window_bytes);
  }
  const ByteRange advice = ByteRange::FromTo(stream.ahead_end, stream.position + stream.window);
  stream.ahead_end = std::max(stream.ahead_end, advice.end());
  return advice;
}

}  // namespace larder::readahead

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_READAHEAD_STREAM_DETECTOR_H_
#define LARDER_READAHEAD_STREAM_DETECTOR_H_

#include <array>
#include <cstdint>

#include "base/byte_range.h"

namespace larder::readahead {

struct StreamOptions {
  // The window a stream begins with, and the one it may grow to. 2 MiB: two of the kernel's largest
  // READs. 64 MiB: 20 ms of latency at 3 GB/s.
  uint64_t first_window_bytes = 2 << 20;
  uint64_t max_window_bytes = 64 << 20;
  // A read this near ahead of or behind the place where a stream stands belongs to it: the kernel's
  // own readahead keeps a few 1 MiB READs under way, and they arrive in any order.
  uint64_t slack_bytes = 4 << 20;
};

// Finds sequential readers in the reads of one object, and says what to load ahead of them. Several
// interleaved readers are several streams. The window doubles each time the reader comes within
// half a window of what was asked for, so that a stream that goes on soon has max_window_bytes
// ahead of it, and one read costs nothing: a stream is believed at its second read, except at
// offset 0, where most files are read from. Pure: no I/O, no clock. Not thread-safe.
class StreamDetector {
 public:
  explicit StreamDetector(const StreamOptions& options) : options_(options) {}

  // Learns of a read, and returns what to load ahead now (empty: nothing; not cut to the object's
  // size).
  ByteRange Observe(ByteRange read);

  // The load ahead did not go on from here (no room, an error): what was advised may be advised
  // again.
  void Forget() { streams_ = {}; }

 private:
  struct Stream {
    uint64_t position = 0;   // the end of the furthest read
    uint64_t ahead_end = 0;  // loads were advised up to here
    uint64_t window = 0;     // 0: seen once, not believed yet
    uint64_t last_used = 0;  // for replacement; 0: free
  };

  Stream& FindOrReplace(ByteRange read, bool* found);

  // More interleaved readers of one object than this lose their windows in turn.
  static constexpr int kMaxStreams = 8;

  const StreamOptions options_;
  std::array<Stream, kMaxStreams> streams_{};
  uint64_t reads_ = 0;
};

}  // namespace larder::readahead

#endif  // LARDER_READAHEAD_STREAM_DETECTOR_H_

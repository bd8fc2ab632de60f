// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_METRICS_H_
#define LARDER_BASE_METRICS_H_

#include <atomic>
#include <cstdint>

namespace larder {

// A counter that only grows. Thread-safe; relaxed, since it orders nothing.
class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// What one dataset has done since the daemon's start; the keys of `larder status --json`.
// Owned by the dataset's wiring, shared by its remote, cache and filesystem. Bytes are of payload.
struct DatasetCounters {
  Counter remote_requests;  // HTTP requests sent, retries included; directory: opens and listings
  Counter
      remote_errors;  // requests that failed or were answered by an error (404 to a Stat is none)
  Counter remote_bytes;          // body bytes received
  Counter read_bytes;            // asked by readers and answered by the daemon
  Counter hit_bytes;             // of these, from the cache or a load that had come already
  Counter miss_bytes;            // of these, waited for
  Counter stall_micros;          // time that reads waited for the remote, summed over reads
  Counter readahead_bytes;       // loaded ahead of any reader
  Counter readahead_used_bytes;  // of these, read later (each byte once)
  Counter opens;
  Counter passthrough_opens;
  Counter hidden_names;  // remote names that are no POSIX names, seen in listings
};

}  // namespace larder

#endif  // LARDER_BASE_METRICS_H_

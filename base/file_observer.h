// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_FILE_OBSERVER_H_
#define LARDER_BASE_FILE_OBSERVER_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "base/byte_range.h"

namespace larder {

// A change that a File makes on disk.
struct FileChange {
  enum class Kind : uint8_t {
    kCreate,  // the file may have been there already
    kWrite,
    kPunch,
    kTruncate,     // to range.offset
    kPreallocate,  // the size stays
    kSync,
    kUnlink,
  };

  Kind kind;
  const std::string& path;
  ByteRange range = {};              // of the file
  std::span<const char> bytes = {};  // of a write
};

// Told of each change before and after it is made, on the thread that makes it, so that tests know
// what a disk may hold at any moment. Thread-safe.
class FileObserver {
 public:
  virtual ~FileObserver() = default;
  virtual void Before(const FileChange& change) = 0;
  virtual void After(const FileChange& change, const absl::Status& result) = 0;
};

}  // namespace larder

#endif  // LARDER_BASE_FILE_OBSERVER_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_READ_BYTES_H_
#define LARDER_CACHE_READ_BYTES_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace larder::cache {

// The answer to a read: pieces of memory, in order, that stay as they are while this lives.
// Movable.
class ReadBytes {
 public:
  void Append(std::span<const char> piece, std::shared_ptr<const void> owner) {
    if (piece.empty()) return;
    size_ += piece.size();
    pieces_.push_back(piece);
    owners_.push_back(std::move(owner));
  }
  const std::vector<std::span<const char>>& pieces() const { return pieces_; }
  size_t size() const { return size_; }
  // A copy in one piece, for tests and small reads.
  std::string ToString() const {
    std::string joined;
    joined.reserve(size_);
    for (const auto piece : pieces_) joined.append(piece.data(), piece.size());
    return joined;
  }

 private:
  size_t size_ = 0;
  std::vector<std::span<const char>> pieces_;
  std::vector<std::shared_ptr<const void>> owners_;
};

}  // namespace larder::cache

#endif  // LARDER_CACHE_READ_BYTES_H_

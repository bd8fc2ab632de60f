// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_BASE_PATH_H_
#define LARDER_BASE_PATH_H_

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace larder {

// Of paths within a dataset, whose root is "".
inline bool IsAtOrBelow(absl::string_view path, absl::string_view top) {
  return top.empty() ||
         (absl::StartsWith(path, top) && (path.size() == top.size() || path[top.size()] == '/'));
}

}  // namespace larder

#endif  // LARDER_BASE_PATH_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_POSIX_NAMES_H_
#define LARDER_REMOTE_POSIX_NAMES_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace larder::remote {

inline constexpr size_t kMaxNameBytes = 255;  // NAME_MAX

// Whether a folder on Linux can have an entry of this name: 1 to 255 bytes, no '/', no NUL, not "."
// or "..".
inline bool IsPosixName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." &&
         name.find('/') == absl::string_view::npos && name.find('\0') == absl::string_view::npos;
}

// Whether every component of `path` is one; "" is the root.
inline bool IsPosixPath(absl::string_view path) {
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (!IsPosixName(path.substr(0, slash))) return false;
    if (slash == absl::string_view::npos) return true;
    path.remove_prefix(slash + 1);
    if (path.empty()) return false;
  }
  return true;
}

}  // namespace larder::remote

#endif  // LARDER_REMOTE_POSIX_NAMES_H_

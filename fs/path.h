// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_PATH_H_
#define LARDER_FS_PATH_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Paths within a dataset: as in remote/object_store.h, the root is "".

namespace larder::fs {

inline std::string JoinPath(absl::string_view folder, absl::string_view name) {
  return folder.empty() ? std::string(name) : absl::StrCat(folder, "/", name);
}

struct SplitPath {
  absl::string_view folder;
  absl::string_view name;  // empty for the root
};

// The parts point into `path`.
inline SplitPath Split(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

inline constexpr size_t kMaxNameBytes = 255;  // NAME_MAX

// One component that POSIX allows; others are never shown, so they are never asked for.
inline bool IsLegalName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." &&
         name.find('/') == absl::string_view::npos && name.find('\0') == absl::string_view::npos;
}

}  // namespace larder::fs

#endif  // LARDER_FS_PATH_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HEADER_FILE_H_
#define LARDER_REMOTE_HEADER_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace larder::remote {

// What --header-file holds: a "Name: value" a line; empty lines and those that start with '#' are
// left out. InvalidArgument names the line by its number, never by its content, which is secret: no
// colon, an illegal name or value, or a header that Larder sets itself (Host, Range, If-*,
// Accept-Encoding, Content-*, Connection, Transfer-Encoding).
absl::StatusOr<std::vector<std::string>> ParseHeaderLines(absl::string_view text);

// The same of a file; errors name the option and the file.
absl::StatusOr<std::vector<std::string>> ReadHeaderFile(const std::string& path);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HEADER_FILE_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_DATE_H_
#define LARDER_REMOTE_HTTP_DATE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace larder::remote {

// A date as HTTP writes it: "Sun, 06 Nov 1994 08:49:37 GMT", or one of the two older forms (RFC
// 9110, 5.6.7). nullopt for anything else.
std::optional<absl::Time> ParseHttpDate(absl::string_view text);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_DATE_H_

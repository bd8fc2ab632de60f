// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_DATE_H_
#define LARDER_REMOTE_HTTP_DATE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace larder::remote {

// Dates as servers write them. nullopt for anything else, and for what is too far away to be kept
// in nanoseconds (before 1678, after 2261), which no object's time is.

// A date as HTTP writes it: "Sun, 06 Nov 1994 08:49:37 GMT", or one of the two older forms (RFC
// 9110, 5.6.7).
std::optional<absl::Time> ParseHttpDate(absl::string_view text);
// As S3 writes it: "1994-11-06T08:49:37.000Z" (RFC 3339).
std::optional<absl::Time> ParseIsoDate(absl::string_view text);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_DATE_H_

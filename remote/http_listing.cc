// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_listing.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace larder::remote {

absl::StatusOr<ListPage> ParseHttpListing(absl::string_view text, const Url& folder) {
  const absl::string_view start = absl::StripLeadingAsciiWhitespace(text);
  if (!start.empty() && start.front() == '[') return ParseJsonListing(text, folder);
  if (!start.empty() && start.front() == '<') return ParseHtmlListing(text, folder);
  return absl::DataLossError(absl::StrCat(UrlForPeople(folder.ToString()),
                                          ": what the server sent is no folder listing (neither "
                                          "HTML nor JSON): check the URL, and that the server "
                                          "lists folders (nginx: autoindex on)"));
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_LISTING_H_
#define LARDER_REMOTE_HTTP_LISTING_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "remote/object_store.h"
#include "remote/url.h"

// Folder listings of HTTP servers. Pure functions over untrusted text.

namespace larder::remote {

inline constexpr size_t kMaxListingEntries = 10'000'000;

// A page that links to the children of `folder` (the URL it came from, its path ending in '/'):
// nginx, Apache, lighttpd, Caddy, python3 -m http.server. Names only: sizes and times in such pages
// are rounded. Links elsewhere (parents, sort orders, other hosts, grandchildren) are no entries;
// names that are no POSIX names are counted in hidden_names. A child linked with a '/' at its end
// is a folder. DataLoss names the URL and says what is wrong: no HTML, no listing (no link and no
// listing's title), broken off, over kMaxListingEntries.
absl::StatusOr<ListPage> ParseHtmlListing(absl::string_view html, const Url& folder);

// What nginx writes with autoindex_format json: names, kinds, exact sizes, times to the second.
// Entries that are neither file nor directory are left out. Errors as above.
absl::StatusOr<ListPage> ParseJsonListing(absl::string_view json, const Url& folder);

// Either, by what the text looks like.
absl::StatusOr<ListPage> ParseHttpListing(absl::string_view text, const Url& folder);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_LISTING_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_S3_LISTING_H_
#define LARDER_REMOTE_S3_LISTING_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "remote/object_store.h"

namespace larder::remote {

// One answer to ListObjectsV2 with delimiter=/ and encoding-type=url.
struct S3Listing {
  // Children of the prefix that was asked for. next_page is the NextContinuationToken, empty at the
  // end. Where a page has `a` and `a/`, only the folder is in it. Versions: the ETag with its
  // quotes (added where the store leaves them out; a weak one left out), the time cut to whole
  // seconds as in HTTP's Last-Modified.
  ListPage page;
  // False where nothing at all lies below the prefix on this page (a folder's own marker object
  // counts as something).
  bool has_keys = false;
  uint64_t archived = 0;      // objects here that must be restored before they can be read
  std::string archive_class;  // of one of these: GLACIER or DEEP_ARCHIVE
};

// Pure. `prefix` is what was asked for: "" or ending in '/'. `asked_page` is the token that was
// sent.
//
// Left out and counted in page.hidden_names: objects whose key is the prefix itself or ends in '/'
// (markers of folders), names that are empty, "." or "..", hold a NUL or are over 255 bytes.
// DataLoss, which says what is wrong: no XML, no ListBucketResult, an entry without key or size, a
// key outside the prefix, a further page without a token or with the same one (it would never end).
absl::StatusOr<S3Listing> ParseS3Listing(absl::string_view body, absl::string_view prefix,
                                         absl::string_view asked_page);

// An ETag in the one form that ObjectVersion has, so that listing and HEAD always agree: with
// quotes (which some stores leave out), "" for a weak or no tag.
std::string ListedEtag(absl::string_view etag);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_S3_LISTING_H_

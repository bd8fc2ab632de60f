// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_S3_URL_H_
#define LARDER_REMOTE_S3_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Where an S3 dataset lies and how its requests are addressed. Pure: no I/O, no environment.

namespace larder::remote {

// A source s3://bucket/prefix. A value type.
struct S3Location {
  std::string bucket;
  std::string
      prefix;  // raw, as in `aws s3`: '%' means '%'. No '/' at either end; empty: the whole bucket

  // InvalidArgument, which says what is wrong and what would be right. Trailing slashes are
  // dropped. Never echoes what might hold credentials (anything before an '@').
  static absl::StatusOr<S3Location> Parse(absl::string_view source);

  // s3://bucket/prefix, without a trailing slash.
  std::string ToString() const;
  // The key of `path` (relative to the dataset's root, "" the root itself, whose key is the
  // prefix).
  std::string Key(absl::string_view path) const;
  // The key prefix of what lies in the folder `path`: Key(path) with a '/', or "" for the root of a
  // whole bucket.
  std::string FolderPrefix(absl::string_view path) const;
};

// How a bucket is named in a request.
//   kVirtualHost  https://bucket.s3.region.amazonaws.com/key
//   kPath         https://host/bucket/key
//   kAuto         virtual-host on the public service (no endpoint given, or one below
//   amazonaws.com) where the bucket can be
//                 a host name under its wildcard certificate (lower-case letters, digits, '-'; no
//                 dots); path style everywhere else: what MinIO, FlashBlade, Ceph and IP addresses
//                 want by default. A store that takes virtual hosts only is told by
//                 `addressing_style = virtual` in the profile.
enum class S3Addressing { kAuto, kPath, kVirtualHost };

// Where the requests of one bucket go. Immutable once made.
struct S3Endpoint {
  std::string scheme;       // "http" or "https"
  std::string authority;    // the Host header: host, with ":port" unless it is the scheme's
  std::string bucket_path;  // "" (virtual-host) or "/bucket", percent-encoded
  std::string url;          // the endpoint for people: scheme and host without the bucket
  std::string region;

  // `endpoint_url`: http(s)://host[:port], empty for the public service. InvalidArgument for
  // anything else.
  static absl::StatusOr<S3Endpoint> Make(absl::string_view bucket, absl::string_view endpoint_url,
                                         absl::string_view region, S3Addressing addressing);

  // The path of `key` (of the bucket itself for ""), all but unreserved characters and '/'
  // percent-encoded: S3's canonical form, in which what is signed and what goes over the wire are
  // the same bytes.
  std::string Path(absl::string_view key) const;
  // scheme://authority, to be followed by a Path().
  std::string Origin() const { return scheme + "://" + authority; }
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_S3_URL_H_

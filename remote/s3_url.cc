// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/s3_url.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/errors.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

// Amazon's limits; the upper one is that of old us-east-1 buckets, which Ceph and MinIO can have
// too.
constexpr size_t kMinBucketBytes = 3;
constexpr size_t kMaxBucketBytes = 255;
constexpr size_t kMaxDnsLabelBytes = 63;
// Amazon's limit for keys.
constexpr size_t kMaxKeyBytes = 1024;

bool IsNameChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}

// `source`: all of it, without the scheme. A secret may hold a '/', so that the '@' stands in the
// prefix.
absl::Status CheckBucket(absl::string_view bucket, absl::string_view source) {
  if (bucket.empty()) {
    return absl::InvalidArgumentError("the S3 source names no bucket: write s3://bucket/prefix");
  }
  if (absl::StrContains(bucket, '@') ||
      (absl::StrContains(bucket, ':') && absl::StrContains(source, '@'))) {
    return absl::InvalidArgumentError(
        "the S3 source has credentials in it: write s3://bucket/prefix, and give credentials by "
        "environment or "
        "--profile");
  }
  if (absl::StartsWith(bucket, "arn:")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", bucket,
        "': ARNs are not supported: use the bucket's name or the access point's alias"));
  }
  if (absl::EndsWith(bucket, "--x-s3")) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", bucket, "' is an S3 Express directory bucket, which is not supported"));
  }
  for (const char c : bucket) {
    if (IsNameChar(c)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("'", bucket,
                     "' is no bucket name: they hold letters, digits, '.', '-' and '_' (write "
                     "s3://bucket/prefix; "
                     "a server's address goes into --endpoint-url)"));
  }
  if (bucket.size() < kMinBucketBytes || bucket.size() > kMaxBucketBytes) {
    return absl::InvalidArgumentError(absl::StrCat("'", bucket, "' is no bucket name: they have ",
                                                   kMinBucketBytes, " to ", kMaxBucketBytes,
                                                   " characters"));
  }
  return absl::OkStatus();
}

absl::Status CheckPrefix(absl::string_view prefix) {
  if (prefix.empty()) return absl::OkStatus();
  if (prefix.size() > kMaxKeyBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the S3 prefix has ", prefix.size(),
                                                   " bytes; keys have at most ", kMaxKeyBytes));
  }
  for (absl::string_view part : absl::StrSplit(prefix, '/')) {
    if (!part.empty() && part != "." && part != ".." && !absl::StrContains(part, '\0')) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the S3 prefix '", prefix,
                     "' has an empty, '.' or '..' component: write s3://bucket/folder/folder"));
  }
  return absl::OkStatus();
}

// One label below a wildcard certificate. A dot would make two labels, which "*.s3..." does not
// cover.
bool IsDnsLabel(absl::string_view bucket) {
  if (bucket.size() > kMaxDnsLabelBytes || bucket.front() == '-' || bucket.back() == '-')
    return false;
  for (const char c : bucket) {
    if (!absl::ascii_islower(static_cast<unsigned char>(c)) &&
        !absl::ascii_isdigit(static_cast<unsigned char>(c)) && c != '-') {
      return false;
    }
  }
  return true;
}

// Amazon's regions look like us-east-1; other stores use any word. It becomes part of a host name
// and of a header.
absl::Status CheckRegion(absl::string_view region) {
  for (const char c : region) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') {
      return absl::InvalidArgumentError(
          absl::StrCat("S3 region '", region,
                       "' is no region: they look like us-east-1 (--region, $AWS_REGION or region "
                       "in the profile)"));
    }
  }
  return absl::OkStatus();
}

std::string PublicHost(absl::string_view region) {
  return absl::StrCat("s3.", region,
                      absl::StartsWith(region, "cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

bool IsPublicHost(absl::string_view host) {
  return absl::EndsWith(host, ".amazonaws.com") || absl::EndsWith(host, ".amazonaws.com.cn");
}

absl::Status BadEndpoint(absl::string_view endpoint, absl::string_view wrong) {
  return absl::InvalidArgumentError(
      absl::StrCat("S3 endpoint '", endpoint, "' ", wrong,
                   ": write http(s)://host[:port] (--endpoint-url, "
                   "$AWS_ENDPOINT_URL_S3, $AWS_ENDPOINT_URL or endpoint_url in the profile)"));
}

absl::StatusOr<Url> ParseEndpoint(absl::string_view endpoint) {
  if (absl::StrContains(endpoint, '@')) {
    return absl::InvalidArgumentError(
        "the S3 endpoint has credentials in it: write http(s)://host[:port], and give credentials "
        "by environment "
        "or --profile");
  }
  auto url = ParseUrl(endpoint);
  if (!url.ok())
    return BadEndpoint(endpoint, absl::StrCat("can't be used (", url.status().message(), ")"));
  if (url->path != "/" || !url->query.empty()) {
    return BadEndpoint(endpoint, "has a path (the bucket belongs into s3://bucket/prefix)");
  }
  return url;
}

bool IsIpAddress(absl::string_view host) {
  return absl::StartsWith(host, "[") ||
         host.find_first_not_of("0123456789.") == absl::string_view::npos;
}

}  // namespace

absl::StatusOr<S3Location> S3Location::Parse(absl::string_view source) {
  constexpr absl::string_view kScheme = "s3://";
  if (!absl::StartsWithIgnoreCase(source, kScheme)) {
    return absl::InvalidArgumentError("no S3 source: write s3://bucket/prefix");
  }
  source.remove_prefix(kScheme.size());
  const size_t slash = source.find('/');
  S3Location location;
  location.bucket = std::string(source.substr(0, slash));
  if (slash != absl::string_view::npos) {
    absl::string_view prefix = source.substr(slash + 1);
    while (absl::ConsumeSuffix(&prefix, "/")) {
    }
    location.prefix = std::string(prefix);
  }
  LARDER_RETURN_IF_ERROR(CheckBucket(location.bucket, source));
  LARDER_RETURN_IF_ERROR(CheckPrefix(location.prefix));
  return location;
}

std::string S3Location::ToString() const {
  return prefix.empty() ? absl::StrCat("s3://", bucket)
                        : absl::StrCat("s3://", bucket, "/", prefix);
}

std::string S3Location::Key(absl::string_view path) const {
  if (prefix.empty()) return std::string(path);
  return path.empty() ? prefix : absl::StrCat(prefix, "/", path);
}

std::string S3Location::FolderPrefix(absl::string_view path) const {
  std::string key = Key(path);
  if (!key.empty()) key.push_back('/');
  return key;
}

absl::StatusOr<S3Endpoint> S3Endpoint::Make(absl::string_view bucket,
                                            absl::string_view endpoint_url,
                                            absl::string_view region, S3Addressing addressing) {
  LARDER_RETURN_IF_ERROR(CheckRegion(region));
  Url url;
  if (endpoint_url.empty()) {
    url.scheme = "https";
    url.host = PublicHost(region);
    url.port = 443;
  } else {
    LARDER_ASSIGN_OR_RETURN(url, ParseEndpoint(endpoint_url));
  }
  S3Endpoint endpoint;
  endpoint.scheme = url.scheme;
  endpoint.authority = url.Authority();
  endpoint.url = url.Origin();
  endpoint.region = std::string(region);
  if (addressing == S3Addressing::kVirtualHost ||
      (addressing == S3Addressing::kAuto && IsPublicHost(url.host) && IsDnsLabel(bucket))) {
    if (IsIpAddress(url.host)) {
      return BadEndpoint(endpoint_url,
                         "is an IP address, which can't have a bucket before it "
                         "(addressing_style = virtual in the profile)");
    }
    endpoint.authority = absl::StrCat(bucket, ".", endpoint.authority);
  } else {
    endpoint.bucket_path = absl::StrCat("/", PercentEncode(bucket, /*keep_slashes=*/false));
  }
  return endpoint;
}

std::string S3Endpoint::Path(absl::string_view key) const {
  if (key.empty()) return bucket_path.empty() ? "/" : bucket_path;
  return absl::StrCat(bucket_path, "/", PercentEncode(key));
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_STORE_FACTORY_H_
#define LARDER_REMOTE_STORE_FACTORY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/metrics.h"
#include "remote/object_store.h"

namespace larder::remote {

// What a user can say of a remote; the options of `larder mount` with the same names.
struct StoreOptions {
  std::string source;        // s3://bucket/prefix, http(s)://..., file:///path or /path
  std::string endpoint_url;  // S3: http(s)://host[:port]; empty: the public service, or
                             // $AWS_ENDPOINT_URL_S3 / $AWS_ENDPOINT_URL
  std::string region;        // S3: empty: $AWS_REGION, the profile's, else us-east-1
  std::string profile;       // S3: empty: $AWS_PROFILE, else "default"
  bool anonymous = false;    // S3: unsigned requests
  std::string ca_bundle;     // PEM file of CAs to trust instead of the system's
  std::string header_file;   // HTTP: "Name: value" lines, sent to the source's host only
  std::string netrc_file;    // HTTP: credentials by host
  int connections = 64;      // at most this many transfers at a time
};

// Opens what `options.source` names. Checks everything that can be checked without the network:
// InvalidArgument names the option, says what is wrong with it and what would be right; NotFound or
// PermissionDenied for files that can't be read. `counters` is not owned and outlives the store.
absl::StatusOr<std::unique_ptr<ObjectStore>> OpenStore(const StoreOptions& options,
                                                       DatasetCounters* counters);

// The source in its one canonical form (no trailing slash but of the host, file:// dropped,
// credentials in the URL refused): what the cache is keyed by. The same errors as OpenStore's for a
// source that can't be read.
absl::StatusOr<std::string> CanonicalSource(absl::string_view source);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_STORE_FACTORY_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_AWS_CONFIG_H_
#define LARDER_REMOTE_AWS_CONFIG_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "remote/credentials.h"
#include "remote/s3_url.h"
#include "remote/store_factory.h"

namespace larder::remote {

// The value of an environment variable, "" if it is not set. A dependency, so that tests bring
// their own.
using Environment = std::function<std::string(const std::string& name)>;
std::string ProcessEnvironment(const std::string& name);

// What the options, the environment and the AWS tools' files say together.
struct AwsConfig {
  std::string region;  // --region, $AWS_REGION, $AWS_DEFAULT_REGION, the profile's, "us-east-1"
  std::string endpoint_url;  // --endpoint-url, $AWS_ENDPOINT_URL_S3, $AWS_ENDPOINT_URL, the
                             // profile's; empty: the public service
  S3Addressing addressing = S3Addressing::kAuto;  // `s3 =` / `addressing_style` in the profile
  // In this order: none with --anonymous; the environment's AWS_ACCESS_KEY_ID,
  // AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (not asked where --profile is given); the profile's in
  // the credentials file, then in the config file, read again whenever a file changes.
  std::unique_ptr<CredentialsProvider> credentials;
};

// Reads the environment and the files $AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) and
// $AWS_CONFIG_FILE (~/.aws/config), profile
// --profile, $AWS_PROFILE or "default". No network.
//   InvalidArgument   a file or a setting can't be understood, no such profile
//   Unauthenticated   no credentials anywhere: the message lists where they were looked for, and
//   what else could be done Unimplemented     the profile has credentials of a kind that is not
//   supported yet (roles, SSO, processes) PermissionDenied  a file can't be read (one that is not
//   there counts as empty)
absl::StatusOr<AwsConfig> LoadAwsConfig(const StoreOptions& options,
                                        const Environment& environment);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_AWS_CONFIG_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_AWS_PROFILE_H_
#define LARDER_REMOTE_AWS_PROFILE_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace larder::remote {

// The two kinds of file that the AWS tools share: in the credentials file a profile's section is
// [name]; in the config file [profile name], and [default].
enum class AwsFileKind { kCredentials, kConfig };

// One profile's settings by lower-case name; those nested below another (`s3 =` and indented lines)
// as "s3.addressing_style".
using AwsSettings = std::map<std::string, std::string>;

// All profiles of such a file, by name. Sections that are no profiles ([sso-session x], [services
// x]) are left out. Pure. InvalidArgument names the line by number, never by its text, which may
// hold a secret.
absl::StatusOr<std::map<std::string, AwsSettings>> ParseAwsFile(AwsFileKind kind,
                                                                absl::string_view text);

}  // namespace larder::remote

#endif  // LARDER_REMOTE_AWS_PROFILE_H_

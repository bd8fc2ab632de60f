// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_VERIFY_REPORT_H_
#define LARDER_DAEMON_VERIFY_REPORT_H_

#include <string>
#include <vector>

#include "cache/verify.h"
#include "daemon/control_protocol.h"

namespace larder {

// A state of a verification, as it goes from the daemon to the command: progress with what was
// found since the last one, or (without that) the result.
struct VerifyState {
  cache::VerifyProgress progress;
  std::vector<cache::BadObject> found;
};
Json VerifyJson(const VerifyState& state);
VerifyState ParseVerifyJson(const Json& json);

// For people, each one line.
std::string BadObjectText(const cache::BadObject& bad);
std::string VerifyText(const cache::VerifyProgress& progress);

// OK: nothing was bad, or all of it is repaired. DataLoss says how much is not, and what to do.
absl::Status VerifyStatus(const cache::VerifyProgress& progress);

}  // namespace larder

#endif  // LARDER_DAEMON_VERIFY_REPORT_H_

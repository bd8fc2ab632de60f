// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_LISTENING_H_
#define LARDER_TESTS_TESTING_LISTENING_H_

#include "absl/status/status.h"
#include "tests/testing/child_process.h"

namespace larder::testing {

// Waits until `process` listens on 127.0.0.1:`port`. Internal: it has died, or has not within a
// minute; with what is in `log_path`.
absl::Status WaitUntilListening(int port, ChildProcess& process, const std::string& log_path);

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_LISTENING_H_

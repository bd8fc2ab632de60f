// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_SEEN_FILES_H_
#define LARDER_TESTS_TESTING_SEEN_FILES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"

// What a program sees of files through the kernel; each fails the running test on an error.

namespace larder::testing {

std::string ReadAll(const std::string& path);
// Names in the order of readdir, without "." and "..".
std::vector<std::string> ListAll(const std::string& path);
// Polls until it holds; false when `patience` is over.
bool Eventually(const std::function<bool()>& holds, absl::Duration patience = absl::Seconds(30));

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_SEEN_FILES_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_DISK_USAGE_H_
#define LARDER_TESTS_TESTING_DISK_USAGE_H_

#include <cstdint>
#include <string>

namespace larder::testing {

// Disk space of what is at and below `path`, as du counts it. What comes or goes meanwhile may be
// counted or not.
uint64_t DiskUsage(const std::string& path);

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_DISK_USAGE_H_

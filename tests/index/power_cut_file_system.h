// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_INDEX_POWER_CUT_FILE_SYSTEM_H_
#define LARDER_TESTS_INDEX_POWER_CUT_FILE_SYSTEM_H_

#include <memory>

#include "tests/testing/power_cut_disk.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace larder::index {

// An environment for RocksDB, on the system's files, that tells `disk` (not owned) of their
// changes.
std::shared_ptr<rocksdb::Env> MakePowerCutEnv(testing::PowerCutDisk* disk);

}  // namespace larder::index

#endif  // LARDER_TESTS_INDEX_POWER_CUT_FILE_SYSTEM_H_

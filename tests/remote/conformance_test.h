// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_REMOTE_CONFORMANCE_TEST_H_
#define LARDER_TESTS_REMOTE_CONFORMANCE_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/metrics.h"
#include "remote/object_store.h"
#include "tests/remote/store_fixture.h"

namespace larder::remote {

// What every kind of remote promises (remote/object_store.h). The kinds are named in
// conformance_kinds.cc.
class StoreConformanceTest : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    fixture_ = GetParam().make();
    if (!fixture_->Unavailable().empty()) GTEST_SKIP() << fixture_->Unavailable();
  }

  // After the objects have been put.
  ObjectStore& store() {
    if (store_ == nullptr) store_ = fixture_->Open(&counters_);
    return *store_;
  }
  // What Stat says, or a failure of the test.
  ObjectVersion VersionOf(absl::string_view path) {
    const auto attributes = StatAndWait(store(), path);
    EXPECT_TRUE(attributes.ok()) << attributes.status();
    return attributes.ok() ? attributes->version : ObjectVersion();
  }

  DatasetCounters counters_;
  std::unique_ptr<StoreFixture> fixture_;
  std::unique_ptr<ObjectStore> store_;
};

inline std::string KindName(const ::testing::TestParamInfo<StoreKind>& info) {
  return info.param.name;
}

}  // namespace larder::remote

#endif  // LARDER_TESTS_REMOTE_CONFORMANCE_TEST_H_

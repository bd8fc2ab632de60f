// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/remote/conformance_test.h"
#include "tests/remote/folder_fixtures.h"
#include "tests/remote/s3_fixture.h"

namespace larder::remote {
namespace {

using testing::NginxListing;

INSTANTIATE_TEST_SUITE_P(
    Kinds, StoreConformanceTest,
    ::testing::Values(
        StoreKind{"Directory", [] { return std::make_unique<DirectoryFixture>(); }},
        StoreKind{"NginxJson", [] { return std::make_unique<NginxFixture>(NginxListing::kJson); }},
        StoreKind{"NginxHtml", [] { return std::make_unique<NginxFixture>(NginxListing::kHtml); }},
        StoreKind{"PythonHttpServer", [] { return std::make_unique<PythonFixture>(); }},
        StoreKind{"Braces", [] { return std::make_unique<BraceFixture>(); }},
        StoreKind{"S3", [] { return std::make_unique<S3Fixture>(); }}),
    KindName);

}  // namespace
}  // namespace larder::remote

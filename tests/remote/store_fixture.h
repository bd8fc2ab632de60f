// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_REMOTE_STORE_FIXTURE_H_
#define LARDER_TESTS_REMOTE_STORE_FIXTURE_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/metrics.h"
#include "remote/object_store.h"

namespace larder::remote {

// One kind of remote with a server of its own, empty at first, for the conformance suite. Paths are
// as in ObjectStore. What fails here fails the test (ADD_FAILURE). A kind joins the suite by one
// line in a source of its own:
//
//   INSTANTIATE_TEST_SUITE_P(S3, StoreConformanceTest,
//       ::testing::Values(StoreKind{"s3", [] { return std::make_unique<S3Fixture>(); }}),
//       KindName);
//
// with StoreConformanceTest and KindName from tests/remote/conformance_test.h. A fixture that can't
// run here (no server on this machine) returns why from Unavailable(); the test is then skipped by
// name.
class StoreFixture {
 public:
  virtual ~StoreFixture() = default;

  virtual std::string Unavailable() const { return ""; }

  // Creates or overwrites; folders above come to be. Overwriting gives a new version even within
  // the same second.
  virtual void PutObject(absl::string_view path, absl::string_view bytes) = 0;
  // Overwrites with as many bytes, so that only the version tag or time can tell. A fixture without
  // strong tags moves the time.
  virtual void ReplaceObject(absl::string_view path, absl::string_view bytes) = 0;
  virtual void RemoveObject(absl::string_view path) = 0;
  // `count` objects named "object-NNNNN" in the folder `path`, each with its own name as its bytes.
  virtual void PutMany(absl::string_view path, int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name = ManyName(i);
      PutObject(absl::StrCat(path, "/", name), name);
    }
  }
  static std::string ManyName(int i) { return absl::StrFormat("object-%05d", i); }
  // False where this kind of remote has no empty folders.
  virtual bool MakeFolder(absl::string_view path) = 0;

  // A store over what is there; at most one is used at a time, and it dies before the fixture.
  virtual std::unique_ptr<ObjectStore> Open(DatasetCounters* counters) = 0;
  // A store like Open()'s whose server answers nothing any more (a port that accepts and stays
  // silent, or refuses). nullptr where this makes no sense (a local folder).
  virtual std::unique_ptr<ObjectStore> OpenDead(DatasetCounters* counters) = 0;

  // --- what this kind can do ---
  virtual bool lists() const {
    return true;
  }  // List works (a brace URL lists what it names, no more)
  virtual bool lists_versions() const { return true; }  // sizes and times in listings
  virtual bool has_ranges() const { return true; }
  virtual bool has_folders() const { return true; }
  // Names that this kind of remote can hold; others are left out of the tests of odd names.
  virtual bool CanHold(absl::string_view name) const { return true; }
};

struct StoreKind {
  std::string name;  // letters and digits: part of the test's name
  std::function<std::unique_ptr<StoreFixture>()> make;

  // What gtest shows of a failing test's parameter.
  friend void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }
};

}  // namespace larder::remote

#endif  // LARDER_TESTS_REMOTE_STORE_FIXTURE_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_MOUNT_MODEL_H_
#define LARDER_TESTS_MOUNT_MODEL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace larder::testing {

// One content that a path had on the remote; null where it had none.
struct Content {
  int number = 0;  // in the order of writing, over all paths
  std::string bytes;
};
using ContentPtr = std::shared_ptr<const Content>;

// What the remote held at which time, and so what a mount of it may show: all that was there within
// the last `slack`, the time for which a mount may believe what it knows. Not thread-safe.
class RemoteModel {
 public:
  explicit RemoteModel(absl::Duration slack) : slack_(slack) {}

  // The path has held this (null: nothing) since some time before `now`, and surely since `now`.
  void Changed(const std::string& path, ContentPtr content, absl::Time now);
  // What was known before `now` is asked again by whoever uses it.
  void Refreshed(absl::Time now) { refreshed_ = now; }

  ContentPtr Current(const std::string& path) const;
  // All that a name looked up at `now` may mean; null among them: it may be absent.
  std::vector<ContentPtr> Possible(const std::string& path, absl::Time now) const;
  std::vector<std::string> Paths() const;  // that ever held anything

 private:
  struct State {
    ContentPtr content;
    absl::Time until = absl::InfiniteFuture();  // when it had surely ended
  };
  const absl::Duration slack_;
  absl::Time refreshed_ = absl::InfinitePast();
  std::map<std::string, std::vector<State>> states_;
};

// A step of a sequence. Its numbers are taken modulo what there is, so that every sequence of steps
// is a legal one, also when some are left out.
struct Step {
  enum class Kind : uint8_t {
    kOpen,
    kRead,
    kReadAllOfOpen,
    kReadInParallel,
    kMap,
    kClose,
    kReadFile,
    kStat,
    kList,
    kWrite,
    kReplace,
    kRemove,
    kWait,
    kWarm,
    kEvict,
    kRefresh,
    kVerify,
    kDropPages,
    kRestart,
    kKill,
  };
  Kind kind = Kind::kRead;
  uint32_t file = 0;
  uint32_t slot = 0;
  uint64_t from = 0;
  uint64_t size = 0;

  std::string ToString() const;
};

std::vector<Step> RandomSteps(uint64_t seed, size_t count);

// The least part of `steps` (in their order) found that still `fails`: pieces are left out, large
// ones first, until no single step can be, or `until` has come.
std::vector<Step> Shrink(std::vector<Step> steps,
                         const std::function<bool(const std::vector<Step>&)>& fails,
                         absl::Time until);

}  // namespace larder::testing

#endif  // LARDER_TESTS_MOUNT_MODEL_H_

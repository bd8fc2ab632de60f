// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/mount/model.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace larder::testing {
namespace {

using Kind = Step::Kind;

// How often each kind comes; what takes long comes seldom.
constexpr struct {
  Kind kind;
  int weight;
  const char* name;
} kKinds[] = {
    {Kind::kOpen, 14, "open"},
    {Kind::kRead, 30, "read"},
    {Kind::kReadAllOfOpen, 4, "read all of the open file"},
    {Kind::kReadInParallel, 6, "read in parallel"},
    {Kind::kMap, 8, "map"},
    {Kind::kClose, 4, "close"},
    {Kind::kReadFile, 6, "read file"},
    {Kind::kStat, 6, "stat"},
    {Kind::kList, 4, "list"},
    {Kind::kWrite, 8, "write in place"},
    {Kind::kReplace, 8, "replace"},
    {Kind::kRemove, 3, "remove"},
    {Kind::kWait, 4, "wait"},
    {Kind::kWarm, 3, "warm"},
    {Kind::kEvict, 4, "evict"},
    {Kind::kRefresh, 3, "refresh"},
    {Kind::kVerify, 1, "verify"},
    {Kind::kDropPages, 4, "drop pages"},
    {Kind::kRestart, 2, "restart"},
    {Kind::kKill, 2, "kill"},
};

}  // namespace

void RemoteModel::Changed(const std::string& path, ContentPtr content, absl::Time now) {
  std::vector<State>& states = states_[path];
  if (states.empty()) states.emplace_back();
  states.back().until = now;
  states.push_back({std::move(content)});
}

ContentPtr RemoteModel::Current(const std::string& path) const {
  const auto found = states_.find(path);
  return found == states_.end() ? nullptr : found->second.back().content;
}

std::vector<ContentPtr> RemoteModel::Possible(const std::string& path, absl::Time now) const {
  const auto found = states_.find(path);
  if (found == states_.end()) return {nullptr};
  std::vector<ContentPtr> possible;
  for (const State& state : found->second) {
    if (state.until >= now - slack_ && state.until >= refreshed_) possible.push_back(state.content);
  }
  return possible;
}

std::vector<std::string> RemoteModel::Paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, states] : states_) paths.push_back(path);
  return paths;
}

std::string Step::ToString() const {
  absl::string_view name;
  for (const auto& one : kKinds) {
    if (one.kind == kind) name = one.name;
  }
  return absl::StrCat(name, " {file ", file, ", slot ", slot, ", from ", from, ", size ", size,
                      "}");
}

std::vector<Step> RandomSteps(uint64_t seed, size_t count) {
  std::mt19937_64 random(seed);
  std::vector<double> weights;
  for (const auto& one : kKinds) weights.push_back(one.weight);
  std::discrete_distribution<size_t> kind(weights.begin(), weights.end());
  std::vector<Step> steps(count);
  for (Step& step : steps) {
    step.kind = kKinds[kind(random)].kind;
    step.file = static_cast<uint32_t>(random() % 1000);
    step.slot = static_cast<uint32_t>(random() % 1000);
    step.from = random() % 1'000'000'000;
    step.size = random() % 1'000'000'000;
  }
  return steps;
}

std::vector<Step> Shrink(std::vector<Step> steps,
                         const std::function<bool(const std::vector<Step>&)>& fails,
                         absl::Time until) {
  for (size_t piece = steps.size() / 2; piece > 0;) {
    bool smaller = false;
    for (size_t from = 0; from < steps.size() && absl::Now() < until;) {
      std::vector<Step> without(steps.begin(), steps.begin() + static_cast<ptrdiff_t>(from));
      const size_t end = std::min(from + piece, steps.size());
      without.insert(without.end(), steps.begin() + static_cast<ptrdiff_t>(end), steps.end());
      if (fails(without)) {
        steps = std::move(without);
        smaller = true;
      } else {
        from = end;
      }
    }
    if (absl::Now() >= until) break;
    if (piece > 1) {
      piece /= 2;
    } else if (!smaller) {
      break;
    }
  }
  return steps;
}

}  // namespace larder::testing

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/verify_report.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/size.h"

namespace larder {
namespace {

using cache::BadObject;
using cache::VerifyProgress;

std::string Objects(uint64_t count) {
  return absl::StrCat(count, count == 1 ? " object" : " objects");
}

}  // namespace

Json VerifyJson(const VerifyState& state) {
  const VerifyProgress& progress = state.progress;
  Json json = {{"done_bytes", progress.done_bytes},
               {"total_bytes", progress.total_bytes},
               {"done_objects", progress.done_objects},
               {"total_objects", progress.total_objects},
               {"counted", progress.counted ? 1 : 0},
               {"bad_objects", progress.bad_objects},
               {"bad_bytes", progress.bad_bytes},
               {"dropped_objects", progress.dropped_objects},
               {"fetched_objects", progress.fetched_objects},
               {"found", Json::array()}};
  for (const BadObject& bad : state.found) {
    json["found"].push_back({{"path", bad.path},
                             {"bytes", bad.bytes},
                             {"why", bad.why},
                             {"outcome", static_cast<int>(bad.outcome)}});
  }
  return json;
}

VerifyState ParseVerifyJson(const Json& json) {
  VerifyState state;
  state.progress.done_bytes = NumberIn(json, "done_bytes");
  state.progress.total_bytes = NumberIn(json, "total_bytes");
  state.progress.done_objects = NumberIn(json, "done_objects");
  state.progress.total_objects = NumberIn(json, "total_objects");
  state.progress.counted = NumberIn(json, "counted") != 0;
  state.progress.bad_objects = NumberIn(json, "bad_objects");
  state.progress.bad_bytes = NumberIn(json, "bad_bytes");
  state.progress.dropped_objects = NumberIn(json, "dropped_objects");
  state.progress.fetched_objects = NumberIn(json, "fetched_objects");
  const auto found = json.find("found");
  if (found == json.end() || !found->is_array()) return state;
  for (const Json& one : *found) {
    BadObject bad;
    bad.path = StringIn(one, "path");
    bad.bytes = NumberIn(one, "bytes");
    bad.why = StringIn(one, "why");
    const uint64_t outcome = NumberIn(one, "outcome");
    if (outcome <= static_cast<uint64_t>(BadObject::Outcome::kFetched)) {
      bad.outcome = static_cast<BadObject::Outcome>(outcome);
    }
    state.found.push_back(std::move(bad));
  }
  return state;
}

std::string BadObjectText(const BadObject& bad) {
  absl::string_view outcome;
  switch (bad.outcome) {
    case BadObject::Outcome::kKept:
      break;
    case BadObject::Outcome::kDropped:
      outcome = "; dropped, the next read fetches it";
      break;
    case BadObject::Outcome::kFetched:
      outcome = "; dropped and fetched again";
      break;
  }
  return absl::StrCat("bad: ", bad.path, ": ", FormatBytes(bad.bytes), ": ", bad.why, outcome);
}

std::string VerifyText(const VerifyProgress& progress) {
  std::string text = absl::StrCat("verified ", Objects(progress.done_objects), ", ",
                                  FormatBytes(progress.done_bytes), ": ");
  if (progress.bad_objects == 0) return absl::StrCat(text, "all good");
  absl::StrAppend(&text, Objects(progress.bad_objects), " bad (", FormatBytes(progress.bad_bytes),
                  ")");
  if (progress.dropped_objects == 0) return text;
  absl::StrAppend(&text, ", ", progress.dropped_objects, " dropped, ", progress.fetched_objects,
                  " of them fetched again");
  if (progress.fetched_objects < progress.dropped_objects) {
    absl::StrAppend(&text, ", the others are fetched by the next read");
  }
  return text;
}

absl::Status VerifyStatus(const VerifyProgress& progress) {
  const uint64_t left = progress.bad_objects - progress.dropped_objects;
  if (left == 0) return absl::OkStatus();
  return absl::DataLossError(
      progress.dropped_objects == 0
          ? absl::StrCat(Objects(left), " bad; --repair drops what is bad and fetches it again")
          : absl::StrCat(Objects(left), " could not be repaired; the lines above say why"));
}

}  // namespace larder

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "readahead/eviction_policy.h"

#include "readahead/adaptive_policy.h"

namespace larder::readahead {

absl::string_view TrafficClassName(TrafficClass traffic) {
  switch (traffic) {
    case TrafficClass::kUnknown:
      return "unknown";
    case TrafficClass::kEpochScan:
      return "epochs";
    case TrafficClass::kSkewed:
      return "skewed";
  }
  return "";
}

std::unique_ptr<EvictionPolicy> EvictionPolicy::Create(const EvictionOptions& options) {
  return std::make_unique<AdaptivePolicy>(options);
}

}  // namespace larder::readahead

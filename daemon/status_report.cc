// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/status_report.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/version.h"
#include "daemon/size.h"

namespace larder {
namespace {

constexpr double kMicrosPerSecond = 1e6;

// "1,234,567"
std::string FormatCount(uint64_t count) {
  std::string digits = absl::StrCat(count);
  for (size_t i = digits.size(); i > 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

std::string Percent(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  return absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string Bytes(const Json& object, const char* key) {
  return FormatBytes(NumberIn(object, key));
}
std::string Count(const Json& object, const char* key) {
  return FormatCount(NumberIn(object, key));
}

void AppendLine(std::string* text, const char* label, const std::string& value) {
  absl::StrAppendFormat(text, "  %-12s %s\n", label, value);
}

void AppendDataset(std::string* text, const Json& dataset) {
  absl::StrAppend(text, "\n", StringIn(dataset, "source"), " on ", StringIn(dataset, "mountpoint"),
                  " (", StringIn(dataset, "state"), ")\n");
  const uint64_t size = NumberIn(dataset, "size_bytes");
  const uint64_t cached = NumberIn(dataset, "cached_bytes");
  AppendLine(text, "dataset",
             absl::StrCat(Count(dataset, "objects"), " objects known, ", FormatBytes(size), "; ",
                          FormatBytes(cached), " cached (", Percent(cached, size), ")"));
  const uint64_t hits = NumberIn(dataset, "hit_bytes");
  const uint64_t misses = NumberIn(dataset, "miss_bytes");
  const auto stalled = dataset.find("stall_seconds");
  AppendLine(text, "reads",
             absl::StrFormat(
                 "%s: %s hits, %s misses (%s hits), %.1f s stalled", Bytes(dataset, "read_bytes"),
                 FormatBytes(hits), FormatBytes(misses), Percent(hits, hits + misses),
                 stalled != dataset.end() && stalled->is_number() ? stalled->get<double>() : 0.0));
  AppendLine(text, "remote",
             absl::StrCat(Count(dataset, "remote_requests"), " requests, ",
                          Count(dataset, "remote_errors"), " failed, ",
                          Bytes(dataset, "remote_bytes"), " received"));
  AppendLine(text, "readahead",
             absl::StrCat(Bytes(dataset, "readahead_bytes"), " loaded ahead, ",
                          Bytes(dataset, "readahead_used_bytes"), " of it used"));
  AppendLine(text, "opens",
             absl::StrCat(Count(dataset, "opens"), ", ", Count(dataset, "passthrough_opens"),
                          " of them by passthrough"));
  AppendLine(text, "passthrough", StringIn(dataset, "passthrough"));
}

}  // namespace

Json StatusJson(const std::string& cache_folder, const cache::CacheStatus& cache,
                const std::vector<DatasetStatus>& datasets) {
  Json json;
  json["version"] = kVersion;
  json["pid"] = getpid();
  json["cache"] = {{"dir", cache_folder},
                   {"capacity_bytes", cache.capacity_bytes},
                   {"used_bytes", cache.used_bytes},
                   {"index_bytes", cache.index_bytes},
                   {"written_bytes", cache.written_bytes},
                   {"evicted_bytes", cache.evicted_bytes},
                   {"corrupt_blocks", cache.corrupt_blocks}};
  json["datasets"] = Json::array();
  for (const DatasetStatus& dataset : datasets) {
    const DatasetCounters& counters = *dataset.counters;
    json["datasets"].push_back(
        {{"source", dataset.source},
         {"mountpoint", dataset.mountpoint},
         {"state", dataset.state == fs::State::kOnline ? "online" : "offline"},
         {"objects", dataset.totals.objects},
         {"size_bytes", dataset.totals.size_bytes},
         {"cached_bytes", dataset.cached_bytes},
         {"remote_requests", counters.remote_requests.value()},
         {"remote_errors", counters.remote_errors.value()},
         {"remote_bytes", counters.remote_bytes.value()},
         {"read_bytes", counters.read_bytes.value()},
         {"hit_bytes", counters.hit_bytes.value()},
         {"miss_bytes", counters.miss_bytes.value()},
         {"stall_seconds", static_cast<double>(counters.stall_micros.value()) / kMicrosPerSecond},
         {"readahead_bytes", counters.readahead_bytes.value()},
         {"readahead_used_bytes", counters.readahead_used_bytes.value()},
         {"opens", counters.opens.value()},
         {"passthrough_opens", counters.passthrough_opens.value()},
         {"passthrough", dataset.passthrough}});
  }
  return json;
}

std::string StatusText(const Json& status, const std::string& write_error) {
  std::string text =
      absl::StrCat("larder ", StringIn(status, "version"), ", pid ", NumberIn(status, "pid"), "\n");
  if (const auto cache = status.find("cache"); cache != status.end()) {
    AppendLine(&text, "cache", StringIn(*cache, "dir"));
    AppendLine(
        &text, "",
        absl::StrCat(Bytes(*cache, "used_bytes"), " of ", Bytes(*cache, "capacity_bytes"),
                     " used (index ", Bytes(*cache, "index_bytes"), "); ",
                     Bytes(*cache, "written_bytes"), " written, ", Bytes(*cache, "evicted_bytes"),
                     " evicted, ", Count(*cache, "corrupt_blocks"), " corrupt blocks"));
  }
  if (!write_error.empty()) AppendLine(&text, "not filling", write_error);
  if (const auto datasets = status.find("datasets"); datasets != status.end()) {
    for (const Json& dataset : *datasets) AppendDataset(&text, dataset);
  }
  return text;
}

}  // namespace larder

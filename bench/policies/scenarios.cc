// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/policies/scenarios.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "absl/strings/str_format.h"

namespace larder::bench {
namespace {

constexpr uint32_t kObjectBytes = 112 << 10;  // an image of ImageFolder

// std::shuffle and the distributions differ between libraries; this does not.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint64_t Below(uint64_t limit) { return engine_() % limit; }
  double Unit() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  template <typename T>
  void Shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[Below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

uint64_t CapacityFor(double c, uint64_t objects, uint32_t bytes = kObjectBytes) {
  return static_cast<uint64_t>(c * static_cast<double>(objects)) * bytes;
}

// A job that reads `objects` objects from `first` on, pass after pass.
struct Job {
  uint32_t first = 0;
  uint32_t objects = 0;
  int passes = 0;
  bool shuffled = true;
  uint32_t bytes = kObjectBytes;
  uint16_t dataset = 0;
  uint8_t job = 0;
  // The phase of each pass, given its number from 0.
  std::function<int(int)> phase = [](int) { return 1; };
};

Trace Passes(const Job& job, Random& random) {
  std::vector<uint32_t> order(job.objects);
  std::iota(order.begin(), order.end(), job.first);
  random.Shuffle(order);
  Trace trace;
  trace.reserve(uint64_t{job.objects} * job.passes);
  for (int pass = 0; pass < job.passes; ++pass) {
    if (job.shuffled) random.Shuffle(order);
    for (const uint32_t object : order) {
      trace.push_back({.object = object,
                       .bytes = job.bytes,
                       .dataset = job.dataset,
                       .job = job.job,
                       .phase = static_cast<uint8_t>(job.phase(pass))});
    }
  }
  return trace;
}

// Accesses of both, each in its order, evenly spread from `begin` (a part of `a`) on.
Trace Interleave(const Trace& a, const Trace& b, double begin = 0) {
  Trace trace;
  const size_t alone = static_cast<size_t>(begin * static_cast<double>(a.size()));
  size_t j = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    trace.push_back(a[i]);
    if (i < alone) continue;
    const size_t due = b.size() * (i + 1 - alone) / (a.size() - alone);
    while (j < due) trace.push_back(b[j++]);
  }
  return trace;
}

Trace Append(Trace a, const Trace& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct ZipfOptions {
  uint32_t objects = 20000;
  uint64_t accesses = 400000;
  double exponent = 1;
  uint16_t dataset = 0;
};

// Independent draws; the first half is the warm-up.
Trace Zipf(const ZipfOptions& options, Random& random) {
  std::vector<double> cumulative(options.objects);
  double sum = 0;
  for (uint32_t i = 0; i < options.objects; ++i) {
    sum += std::pow(i + 1, -options.exponent);
    cumulative[i] = sum;
  }
  Trace trace;
  trace.reserve(options.accesses);
  for (uint64_t i = 0; i < options.accesses; ++i) {
    const double draw = random.Unit() * sum;
    const auto found = std::lower_bound(cumulative.begin(), cumulative.end(), draw);
    trace.push_back({.object = static_cast<uint32_t>(found - cumulative.begin()),
                     .bytes = kObjectBytes,
                     .dataset = options.dataset,
                     .phase = static_cast<uint8_t>(2 * i >= options.accesses ? 1 : 0)});
  }
  return trace;
}

// Sizes from 4 KiB to 30 MiB, most of them some 100 KiB, fixed for each object.
uint32_t MixedSize(uint32_t object) {
  const double unit = static_cast<double>(KeyOf(object) >> 11) * 0x1p-53;
  return static_cast<uint32_t>(std::exp(8.3 + 9 * unit * unit));
}

Workload WithMixedSizes(Workload workload, double c, uint32_t objects) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < objects; ++i) sum += SizeOf({.bytes = MixedSize(i)});
  for (Access& access : workload.trace) access.bytes = MixedSize(access.object);
  workload.capacity_bytes = static_cast<uint64_t>(c * static_cast<double>(sum));
  return workload;
}

std::function<int(int)> SteadyFrom(int pass) {
  return [pass](int at) { return at >= pass ? 1 : 0; };
}

Workload Epochs(uint32_t objects, int passes, bool shuffled, double c,
                uint32_t bytes = kObjectBytes) {
  Random random(objects + passes);
  return {.trace = Passes({.objects = objects,
                           .passes = passes,
                           .shuffled = shuffled,
                           .bytes = bytes,
                           .phase = SteadyFrom(passes / 3)},
                          random),
          .capacity_bytes = CapacityFor(c, objects, bytes)};
}

Workload ZipfOf(double exponent, double c, uint32_t objects = 20000) {
  Random random(7);
  return {.trace = Zipf({.objects = objects, .exponent = exponent}, random),
          .capacity_bytes = CapacityFor(c, objects)};
}

// The second job is `speed` times as fast, and begins when the first has done `begin` of its work.
Workload TwoJobs(bool same_dataset, int speed, double begin, bool slow_is_late = false) {
  constexpr uint32_t kObjects = 2000;
  Random random(11);
  const int slow_passes = speed == 1 ? 40 : 16;
  const auto phase_of = [](int passes) { return SteadyFrom(passes * 3 / 5); };
  const uint16_t other = same_dataset ? 0 : 1;
  const auto passes_of = [&](int speed_of, uint32_t first, uint16_t dataset, uint8_t job) {
    const int passes = slow_passes * speed_of;
    return Passes({.first = first,
                   .objects = kObjects,
                   .passes = passes,
                   .dataset = dataset,
                   .job = job,
                   .phase = phase_of(passes)},
                  random);
  };
  const Trace slow = passes_of(1, 0, 0, 0);
  const Trace fast = passes_of(speed, kObjects, other, 1);
  Workload workload{
      .trace = slow_is_late ? Interleave(fast, slow, begin) : Interleave(slow, fast, begin),
      .capacity_bytes = CapacityFor(.5, 2 * kObjects)};
  workload.measures = {{.label = speed == 1 ? "first job" : "slow job", .job = 0},
                       {.label = speed == 1 ? "second job" : "fast job", .job = 1}};
  return workload;
}

// The first job ends, another begins: the hit ratio in each pass of the second.
Workload HandOver(bool same_dataset, bool shuffled, uint32_t second_objects, double c,
                  int first_passes = 10) {
  constexpr uint32_t kObjects = 2000;
  Random random(13);
  const Trace first = Passes({.objects = kObjects,
                              .passes = first_passes,
                              .shuffled = shuffled,
                              .phase = [](int) { return 0; }},
                             random);
  const Trace second = Passes({.first = kObjects,
                               .objects = second_objects,
                               .passes = 10,
                               .shuffled = shuffled,
                               .dataset = static_cast<uint16_t>(same_dataset ? 0 : 1),
                               .phase = [](int pass) { return pass + 1; }},
                              random);
  Workload workload{.trace = Append(first, second), .capacity_bytes = CapacityFor(c, kObjects)};
  workload.measures.clear();
  for (uint8_t pass = 2; pass <= 10; ++pass) {
    workload.measures.push_back({.label = absl::StrFormat("pass %d", pass), .phase = pass});
  }
  return workload;
}

// A hot set that just fits, read again and again; a scan of ten times as much goes by once.
Workload ScanThroughHotSet(bool same_dataset, bool zipf) {
  constexpr uint32_t kHot = 2000;
  constexpr uint32_t kScanned = 20000;
  Random random(17);
  Trace hot;
  if (zipf) {
    hot = Zipf({.objects = 4 * kHot, .accesses = 60 * kHot, .exponent = 1}, random);
  } else {
    hot = Passes({.objects = kHot, .passes = 60}, random);
  }
  const size_t third = hot.size() / 3;
  for (size_t i = 0; i < hot.size(); ++i) hot[i].phase = i / third;
  const Trace before(hot.begin(), hot.begin() + third);
  const Trace during(hot.begin() + third, hot.begin() + 2 * third);
  const Trace after(hot.begin() + 2 * third, hot.end());
  const Trace scan = Passes({.first = 4 * kHot,
                             .objects = kScanned,
                             .passes = 1,
                             .dataset = static_cast<uint16_t>(same_dataset ? 0 : 1),
                             .job = 1},
                            random);
  return {.trace = Append(Append(before, Interleave(during, scan)), after),
          .capacity_bytes = CapacityFor(1.05, kHot),
          .measures = {{.label = "during", .phase = 1}, {.label = "after", .phase = 2}}};
}

struct PausedScan {
  bool same_dataset = true;
  double c = 1;  // of the hot set
  int hot_passes = 3;
  uint32_t scanned = 3;  // times the hot set
  bool restart = false;  // before the scan
};

// A hot set is read a few times and not used while a scan goes by once; then it is again.
Workload ScanInPause(const PausedScan& options) {
  constexpr uint32_t kHot = 1000;
  Random random(23);
  Trace trace = Passes(
      {.objects = kHot, .passes = options.hot_passes, .phase = [](int) { return 0; }}, random);
  if (options.restart) trace.push_back({.restarts = true});
  trace = Append(std::move(trace),
                 Passes({.first = kHot,
                         .objects = options.scanned * kHot,
                         .passes = 1,
                         .shuffled = false,
                         .dataset = static_cast<uint16_t>(options.same_dataset ? 0 : 1),
                         .phase = [](int) { return 0; }},
                        random));
  trace = Append(
      std::move(trace),
      Passes({.objects = kHot, .passes = 4, .phase = [](int pass) { return pass + 1; }}, random));
  Workload workload{
      .trace = std::move(trace), .capacity_bytes = CapacityFor(options.c, kHot), .spare_part = 64};
  workload.measures.clear();
  for (uint8_t pass = 1; pass <= 4; ++pass) {
    workload.measures.push_back({.label = absl::StrFormat("pass %d after", pass), .phase = pass});
  }
  return workload;
}

// The daemon is restarted in the middle of the sixth pass. The job goes on, or another begins.
Workload AfterRestart(double c, bool next_job) {
  constexpr uint32_t kObjects = 4000;
  Random random(29);
  Trace trace = Passes(
      {.objects = kObjects, .passes = 12, .phase = [](int pass) { return std::max(pass - 4, 0); }},
      random);
  const size_t middle = kObjects * 11 / 2;
  if (next_job) {
    for (size_t i = middle; i < trace.size(); ++i) trace[i].object += kObjects;
  }
  trace.insert(trace.begin() + middle, {.restarts = true});
  Workload workload{
      .trace = std::move(trace), .capacity_bytes = CapacityFor(c, kObjects), .spare_part = 64};
  workload.measures.clear();
  for (uint8_t pass = 1; pass <= 7; ++pass) {
    workload.measures.push_back({.label = absl::StrFormat("pass %d after", pass), .phase = pass});
  }
  return workload;
}

// Every object gets a new version in pass 11; the old ones are told of as the new ones are used.
Workload NewVersion(bool retired, double c) {
  constexpr uint32_t kObjects = 4000;
  Random random(19);
  const Trace old =
      Passes({.objects = kObjects, .passes = 10, .phase = [](int) { return 0; }}, random);
  const Trace fresh = Passes({.first = kObjects,
                              .objects = kObjects,
                              .passes = 8,
                              .phase = [](int pass) { return pass + 1; }},
                             random);
  Workload workload{.trace = old, .capacity_bytes = CapacityFor(c, kObjects)};
  for (const Access& access : fresh) {
    if (retired && access.phase == 1) {
      Access retire = access;
      retire.object -= kObjects;
      retire.retires = true;
      workload.trace.push_back(retire);
    }
    workload.trace.push_back(access);
  }
  workload.measures.clear();
  for (uint8_t pass = 2; pass <= 8; ++pass) {
    workload.measures.push_back({.label = absl::StrFormat("pass %d", pass), .phase = pass});
  }
  return workload;
}

void AddPauses(std::vector<Scenario>* all) {
  const auto add = [all](const char* group, std::string name, std::function<Workload()> make) {
    all->push_back({group, std::move(name), std::move(make)});
  };
  for (const double c : {.99, .5}) {
    for (const bool same : {true, false}) {
      for (const int passes : {3, 20}) {
        for (const uint32_t scanned : {3u, 10u}) {
          add("scan-in-pause",
              absl::StrFormat("%d passes c=%.2f, scan of %ux, %s", passes, c, scanned,
                              same ? "same dataset" : "another"),
              [=] {
                return ScanInPause(
                    {.same_dataset = same, .c = c, .hot_passes = passes, .scanned = scanned});
              });
        }
      }
    }
  }
  for (const bool same : {true, false}) {
    add("scan-in-pause",
        absl::StrFormat("after a restart c=0.50, scan of 3x, %s",
                        same ? "same dataset" : "another"),
        [=] { return ScanInPause({.same_dataset = same, .c = .5, .restart = true}); });
  }
  for (const double c : {.2, .5, .8}) {
    add("restart", absl::StrFormat("c=%.2f", c), [c] { return AfterRestart(c, false); });
  }
  add("restart", "then another job c=0.50", [] { return AfterRestart(.5, true); });
}

}  // namespace

std::vector<Scenario> AllScenarios() {
  std::vector<Scenario> all;
  const auto add = [&all](const char* group, std::string name, std::function<Workload()> make) {
    all.push_back({group, std::move(name), std::move(make)});
  };
  for (const double c : {.1, .2, .3, .4, .5, .6, .7, .8, .9, .95}) {
    add("shuffled", absl::StrFormat("c=%.2f", c), [c] { return Epochs(4000, 30, true, c); });
  }
  for (const double c : {.1, .5, .8}) {
    add("shuffled", absl::StrFormat("100,000 objects c=%.2f", c),
        [c] { return Epochs(100000, 9, true, c); });
  }
  add("shuffled", "40 shards of 1 GiB c=0.50", [] { return Epochs(40, 60, true, .5, 1 << 30); });
  for (const double c : {.1, .2, .5, .8, .95}) {
    add("fixed-order", absl::StrFormat("c=%.2f", c), [c] { return Epochs(4000, 30, false, c); });
  }
  for (const double exponent : {.7, .8, .9, 1., 1.1, 1.2}) {
    for (const double c : {.02, .1, .3, .6}) {
      add("zipf", absl::StrFormat("exponent %.1f c=%.2f", exponent, c),
          [=] { return ZipfOf(exponent, c); });
    }
  }
  add("zipf", "exponent 0.9 of 200,000 objects c=0.10", [] { return ZipfOf(.9, .1, 200000); });
  add("uniform", "independent draws c=0.50", [] { return ZipfOf(0, .5, 4000); });
  add("mixed-sizes", "shuffled c=0.30",
      [] { return WithMixedSizes(Epochs(4000, 30, true, .3), .3, 4000); });
  add("mixed-sizes", "shuffled c=0.70",
      [] { return WithMixedSizes(Epochs(4000, 30, true, .7), .7, 4000); });
  add("mixed-sizes", "zipf exponent 0.9 c=0.10",
      [] { return WithMixedSizes(ZipfOf(.9, .1), .1, 20000); });
  for (const bool same : {true, false}) {
    const char* where = same ? "one dataset" : "two datasets";
    add("two-jobs", absl::StrFormat("%s, same speed", where),
        [same] { return TwoJobs(same, 1, 0); });
    add("two-jobs", absl::StrFormat("%s, the second begins late", where),
        [same] { return TwoJobs(same, 1, .2); });
    add("two-jobs", absl::StrFormat("%s, 1:10", where), [same] { return TwoJobs(same, 10, 0); });
    add("two-jobs", absl::StrFormat("%s, 1:10, the slow one begins late", where),
        [same] { return TwoJobs(same, 10, .2, true); });
    add("two-jobs", absl::StrFormat("%s, 1:10, the fast one begins late", where),
        [same] { return TwoJobs(same, 10, .2); });
  }
  for (const bool same : {true, false}) {
    const char* where = same ? "same dataset" : "other dataset";
    add("hand-over", absl::StrFormat("%s, shuffled c=0.50", where),
        [same] { return HandOver(same, true, 2000, .5); });
    add("hand-over", absl::StrFormat("%s, fixed order c=0.50", where),
        [same] { return HandOver(same, false, 2000, .5); });
    add("hand-over", absl::StrFormat("%s, to five times the size c=0.20", where),
        [same] { return HandOver(same, true, 10000, 1); });
    add("hand-over", absl::StrFormat("%s, after a single pass c=0.50", where),
        [same] { return HandOver(same, true, 2000, .5, 1); });
  }
  for (const bool zipf : {false, true}) {
    for (const bool same : {true, false}) {
      add("scan",
          absl::StrFormat("%s, scan of %s", zipf ? "zipf" : "epochs",
                          same ? "the same dataset" : "another dataset"),
          [=] { return ScanThroughHotSet(same, zipf); });
    }
  }
  AddPauses(&all);
  for (const bool retired : {true, false}) {
    add("new-version", retired ? "old ones retired c=0.60" : "not told of c=0.60",
        [retired] { return NewVersion(retired, .6); });
  }
  return all;
}

}  // namespace larder::bench

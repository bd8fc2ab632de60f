// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// How fast the HTTP client reads one object: parallel ranged GETs, each byte copied once, as the
// cache does.
//
//   http_read_bench URL-OF-FOLDER NAME [TRANSFERS [RANGE_MIB [ROUNDS]]]
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "base/mutex.h"
#include "remote/store_factory.h"

namespace larder::remote {
namespace {

class CopySink : public RangeSink {
 public:
  explicit CopySink(size_t size) : buffer_(size) {}
  absl::Status OnStart(uint64_t, const ObjectVersion&) override { return absl::OkStatus(); }
  bool OnData(std::span<const char> bytes) override {
    std::memcpy(buffer_.data() + filled_, bytes.data(), bytes.size());
    filled_ += bytes.size();
    return true;
  }
  void OnDone(const absl::Status& status) override {
    if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
    MutexLock lock(&mutex_);
    done_ = true;
    changed_.NotifyAll();
  }
  void Wait() {
    MutexLock lock(&mutex_);
    while (!done_) changed_.Wait(&mutex_);
    done_ = false;
    filled_ = 0;
  }

 private:
  std::vector<char> buffer_;
  size_t filled_ = 0;
  Mutex mutex_;
  CondVar changed_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

double Round(ObjectStore& store, const std::string& name, const ObjectVersion& version,
             std::vector<std::shared_ptr<CopySink>>& sinks, uint64_t range_bytes) {
  const absl::Time start = absl::Now();
  std::vector<bool> busy(sinks.size());
  size_t turn = 0;
  for (uint64_t offset = 0; offset < version.size; offset += range_bytes) {
    if (busy[turn]) sinks[turn]->Wait();
    busy[turn] = true;
    store.ReadRange(name, version, ByteRange{offset, range_bytes}.ClampTo(version.size), {},
                    sinks[turn]);
    turn = (turn + 1) % sinks.size();
  }
  for (size_t i = 0; i < sinks.size(); ++i) {
    if (busy[i]) sinks[i]->Wait();
  }
  return static_cast<double>(version.size) / absl::ToDoubleSeconds(absl::Now() - start) / 1e6;
}

int Main(int argc, char** argv) {
  int transfers = 4;
  uint64_t range_mib = 8;
  int rounds = 9;
  if (argc < 3 || (argc > 3 && !absl::SimpleAtoi(argv[3], &transfers)) ||
      (argc > 4 && !absl::SimpleAtoi(argv[4], &range_mib)) ||
      (argc > 5 && !absl::SimpleAtoi(argv[5], &rounds))) {
    std::fprintf(stderr,
                 "usage: http_read_bench URL-OF-FOLDER NAME [TRANSFERS [RANGE_MIB [ROUNDS]]]\n");
    return 2;
  }
  DatasetCounters counters;
  auto store = OpenStore({.source = argv[1]}, &counters);
  auto attributes = store.ok() ? StatAndWait(**store, argv[2]) : store.status();
  if (!attributes.ok()) {
    std::fprintf(stderr, "%s\n", attributes.status().ToString().c_str());
    return 1;
  }
  std::vector<std::shared_ptr<CopySink>> sinks;
  sinks.reserve(static_cast<size_t>(transfers));
  for (int i = 0; i < transfers; ++i) sinks.push_back(std::make_shared<CopySink>(range_mib << 20));
  for (int i = 0; i < rounds; ++i) {
    std::printf("%.0f MB/s\n",
                Round(**store, argv[2], attributes->version, sinks, range_mib << 20));
  }
  return 0;
}

}  // namespace
}  // namespace larder::remote

int main(int argc, char** argv) { return larder::remote::Main(argc, argv); }

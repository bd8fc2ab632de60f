// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_CLIENT_LOOP_H_
#define LARDER_REMOTE_HTTP_CLIENT_LOOP_H_

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "remote/http_client.h"
#include "remote/http_client_transfer.h"

namespace larder::remote {

// One event loop of the HTTP client: a thread with a libcurl multi handle, its connections and its
// transfers. Other threads leave mail (start, cancel, resume), which the loop takes between two
// rounds of libcurl. Lock order: a transfer's mutex, then mutex_.
class HttpClientLoop {
 public:
  // `max_bulk`, `max_metadata`: transfers at a time; more wait in the order of their coming.
  HttpClientLoop(const HttpClientOptions& options, int max_bulk, int max_metadata,
                 DatasetCounters* counters);
  ~HttpClientLoop();

  void Start(std::shared_ptr<HttpClientTransfer> transfer) ABSL_LOCKS_EXCLUDED(mutex_);
  void Cancel(std::shared_ptr<HttpClientTransfer> transfer) ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume(std::shared_ptr<HttpClientTransfer> transfer) ABSL_LOCKS_EXCLUDED(mutex_);

  // Transfers given to this loop that are not finished.
  int load() const { return load_.load(std::memory_order_relaxed); }
  DatasetCounters* counters() const { return counters_; }

 private:
  using TransferPtr = std::shared_ptr<HttpClientTransfer>;
  using Time = HttpClientTransfer::Time;
  struct Mail {
    std::vector<TransferPtr> starts;
    std::vector<TransferPtr> cancels;
    std::vector<TransferPtr> resumes;
  };
  // Of one HttpClass.
  struct Lane {
    int limit = 0;
    int active = 0;
    std::deque<TransferPtr> waiting;
  };

  void Work();
  void TakeMail(Mail mail);
  void StartWaiting();
  void Launch(const TransferPtr& transfer);
  void TakeCompletions();
  void Complete(const TransferPtr& transfer, CURLcode code);
  // Ends an active or waiting transfer.
  void End(const TransferPtr& transfer, const HttpOutcome& outcome);
  // Takes it out of libcurl. `reuse`: its handle served well.
  void Detach(const TransferPtr& transfer, bool reuse);
  void CheckTimeouts(Time now);
  void EndAll();
  Lane& lane(const HttpClientTransfer& transfer) {
    return lanes_[static_cast<size_t>(transfer.priority())];
  }

  const HttpClientOptions options_;
  DatasetCounters* const counters_;
  std::atomic<int> load_{0};

  Mutex mutex_;
  Mail mail_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  CURLM* const multi_;  // of the loop's thread, but for curl_multi_wakeup

  // --- of the loop's thread ---
  std::array<Lane, 2> lanes_;
  std::unordered_map<CURL*, TransferPtr> active_;
  std::vector<CURL*> spare_;  // easy handles to use again
  Time next_check_ = Time::max();

  std::thread thread_;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_CLIENT_LOOP_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_CLIENT_TRANSFER_H_
#define LARDER_REMOTE_HTTP_CLIENT_TRANSFER_H_

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "remote/http_client.h"
#include "remote/url.h"

namespace larder::remote {

class HttpClientLoop;

// One request of the HTTP client, with its redirects: the state between libcurl's callbacks and the
// handler. Cancel and Resume are thread-safe; all else is for the thread of the loop that the
// transfer is given to.
class HttpClientTransfer : public HttpTransfer,
                           public std::enable_shared_from_this<HttpClientTransfer> {
 public:
  using Time = std::chrono::steady_clock::time_point;

  HttpClientTransfer(HttpRequest request, std::shared_ptr<HttpHandler> handler,
                     HttpClientLoop* loop);
  ~HttpClientTransfer() override;

  void Cancel() override ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() override ABSL_LOCKS_EXCLUDED(mutex_);

  HttpClass priority() const { return request_.priority; }

  // Readies `easy` (fresh or reset) for this transfer's next request. InvalidArgument: the URL
  // can't be used.
  absl::Status Prepare(CURL* easy, const HttpClientOptions& options);
  CURL* easy() const { return easy_; }
  // The handle is out of the multi handle: gives it back.
  CURL* ReleaseEasy();

  // After libcurl is done with a request: true if an answer redirects, and the transfer now stands
  // at the new URL. An error: the redirect can't be followed.
  absl::StatusOr<bool> FollowRedirect(CURLcode code);
  // What the end of the last request means.
  HttpOutcome Outcome(CURLcode code) const;
  // Tells the handler, once, and lets go of it.
  void Finish(const HttpOutcome& outcome) ABSL_LOCKS_EXCLUDED(mutex_);

  // Delivers again, if paused.
  void Unpause(Time now);
  // The moment at which this transfer has waited too long, if nothing comes before; Time::max()
  // while paused.
  Time NextTimeout() const;
  // The outcome for a transfer that waited until `now`, past NextTimeout().
  HttpOutcome TimedOut(Time now) const;

 private:
  static size_t HeaderCallback(char* data, size_t size, size_t count, void* self);
  static size_t BodyCallback(char* data, size_t size, size_t count, void* self);
  static int ConnectedCallback(void* self, char*, char*, int, int);
  bool TakeHeaderLine(absl::string_view line);
  bool TakeEndOfHead();
  bool redirects() const;
  void RenewDeadline(size_t bytes);
  absl::Status SetOptions(const HttpClientOptions& options);
  void SetHeaders();
  std::string ShownUrl() const;

  const HttpRequest request_;
  const absl::Duration time_limit_;

  Mutex mutex_;
  HttpClientLoop* loop_ ABSL_GUARDED_BY(mutex_);  // null once finished

  // --- of the loop's thread ---
  std::shared_ptr<HttpHandler> handler_;
  CURL* easy_ = nullptr;
  curl_slist* header_list_ = nullptr;
  DatasetCounters* const counters_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::string url_;           // of this request: the one asked for, or where a redirect led
  std::string origin_;        // of the URL asked for
  bool left_origin_ = false;  // a redirect led elsewhere: no private headers any more
  int redirects_ = 0;
  HttpHead head_;
  size_t head_bytes_ = 0;
  bool head_done_ = false;
  size_t redirect_body_bytes_ = 0;
  absl::Status rejected_;  // by the handler, or for the head's size
  bool paused_ = false;
  Time paused_since_;
  Time deadline_;
  Time last_progress_;
  uint64_t bytes_since_renewal_ = 0;
  absl::Duration stall_timeout_ = absl::InfiniteDuration();  // finite once started
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_CLIENT_TRANSFER_H_

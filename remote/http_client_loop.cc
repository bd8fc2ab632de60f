// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_client_loop.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace larder::remote {
namespace {

// Timeouts are kept to this; a longer sleep ends by itself when something comes.
constexpr int kMaxPollMs = 1000;

}  // namespace

HttpClientLoop::HttpClientLoop(const HttpClientOptions& options, int max_bulk, int max_metadata,
                               DatasetCounters* counters)
    : options_(options), counters_(counters), multi_(curl_multi_init()) {
  lanes_[static_cast<size_t>(HttpClass::kMetadata)].limit = max_metadata;
  lanes_[static_cast<size_t>(HttpClass::kBulk)].limit = max_bulk;
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(max_bulk + max_metadata));
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  thread_ = std::thread([this] { Work(); });
}

HttpClientLoop::~HttpClientLoop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  curl_multi_wakeup(multi_);
  thread_.join();
  for (CURL* easy : spare_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
}

void HttpClientLoop::Start(TransferPtr transfer) {
  load_.fetch_add(1, std::memory_order_relaxed);
  {
    MutexLock lock(&mutex_);
    mail_.starts.push_back(std::move(transfer));
  }
  curl_multi_wakeup(multi_);
}

void HttpClientLoop::Cancel(TransferPtr transfer) {
  {
    MutexLock lock(&mutex_);
    mail_.cancels.push_back(std::move(transfer));
  }
  curl_multi_wakeup(multi_);
}

void HttpClientLoop::Resume(TransferPtr transfer) {
  {
    MutexLock lock(&mutex_);
    mail_.resumes.push_back(std::move(transfer));
  }
  curl_multi_wakeup(multi_);
}

void HttpClientLoop::Work() {
  pthread_setname_np(pthread_self(), "larder-http");
  while (true) {
    Mail mail;
    bool stopping;
    {
      MutexLock lock(&mutex_);
      std::swap(mail, mail_);
      stopping = stopping_;
    }
    TakeMail(std::move(mail));
    if (stopping) break;
    StartWaiting();
    int running = 0;
    curl_multi_perform(multi_, &running);
    TakeCompletions();
    StartWaiting();

    const Time now = std::chrono::steady_clock::now();
    if (now >= next_check_) CheckTimeouts(now);
    int timeout_ms = kMaxPollMs;
    if (next_check_ != Time::max()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_check_ - now);
      timeout_ms = static_cast<int>(std::clamp<int64_t>(left.count() + 1, 1, kMaxPollMs));
    }
    curl_multi_poll(multi_, nullptr, 0, timeout_ms, nullptr);
  }
  EndAll();
}

void HttpClientLoop::TakeMail(Mail mail) {
  for (TransferPtr& transfer : mail.starts) {
    next_check_ = std::min(next_check_, transfer->NextTimeout());
    lane(*transfer).waiting.push_back(std::move(transfer));
  }
  for (const TransferPtr& transfer : mail.cancels) {
    End(transfer, {absl::CancelledError("cancelled"), false});
  }
  const Time now = std::chrono::steady_clock::now();
  for (const TransferPtr& transfer : mail.resumes) {
    transfer->Unpause(now);
    next_check_ = std::min(next_check_, transfer->NextTimeout());
  }
}

void HttpClientLoop::StartWaiting() {
  for (Lane& lane : lanes_) {
    while (lane.active < lane.limit && !lane.waiting.empty()) {
      const TransferPtr transfer = std::move(lane.waiting.front());
      lane.waiting.pop_front();
      ++lane.active;
      Launch(transfer);
    }
  }
}

// The transfer has its place in the lane already. Ends it where it can't be started.
void HttpClientLoop::Launch(const TransferPtr& transfer) {
  CURL* easy = nullptr;
  if (spare_.empty()) {
    easy = curl_easy_init();
  } else {
    easy = spare_.back();
    spare_.pop_back();
  }
  absl::Status status = easy == nullptr ? absl::ResourceExhaustedError("out of memory")
                                        : transfer->Prepare(easy, options_);
  if (status.ok()) {
    active_[easy] = transfer;
    if (const CURLMcode code = curl_multi_add_handle(multi_, easy); code != CURLM_OK) {
      active_.erase(easy);
      status = absl::InternalError(absl::StrCat("libcurl: ", curl_multi_strerror(code)));
    }
  }
  if (status.ok()) {
    counters_->remote_requests.Add();
    next_check_ = std::min(next_check_, transfer->NextTimeout());
    return;
  }
  if (CURL* const back = transfer->ReleaseEasy(); back != nullptr) curl_easy_cleanup(back);
  --lane(*transfer).active;
  load_.fetch_sub(1, std::memory_order_relaxed);
  transfer->Finish({status, false});
}

void HttpClientLoop::TakeCompletions() {
  std::vector<std::pair<TransferPtr, CURLcode>> done;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto found = active_.find(message->easy_handle);
    if (found != active_.end()) done.emplace_back(found->second, message->data.result);
  }
  for (const auto& [transfer, code] : done) Complete(transfer, code);
}

void HttpClientLoop::Complete(const TransferPtr& transfer, CURLcode code) {
  const absl::StatusOr<bool> redirected = transfer->FollowRedirect(code);
  const HttpOutcome outcome =
      redirected.ok() ? transfer->Outcome(code) : HttpOutcome{redirected.status(), false};
  Detach(transfer, /*reuse=*/code == CURLE_OK);
  if (redirected.ok() && *redirected) {
    Launch(transfer);  // in the same place of its lane
    return;
  }
  --lane(*transfer).active;
  load_.fetch_sub(1, std::memory_order_relaxed);
  transfer->Finish(outcome);
}

void HttpClientLoop::Detach(const TransferPtr& transfer, bool reuse) {
  CURL* const easy = transfer->easy();
  curl_multi_remove_handle(multi_, easy);
  active_.erase(easy);
  transfer->ReleaseEasy();
  // libcurl 7.88 refuses CURLOPT_BUFFERSIZE on a handle whose name did not resolve, in spite of the
  // reset.
  reuse ? spare_.push_back(easy) : curl_easy_cleanup(easy);
}

void HttpClientLoop::End(const TransferPtr& transfer, const HttpOutcome& outcome) {
  Lane& its_lane = lane(*transfer);
  if (transfer->easy() != nullptr) {
    Detach(transfer, /*reuse=*/false);
    --its_lane.active;
  } else {
    const auto found = std::find(its_lane.waiting.begin(), its_lane.waiting.end(), transfer);
    if (found == its_lane.waiting.end()) return;  // finished already
    its_lane.waiting.erase(found);
  }
  load_.fetch_sub(1, std::memory_order_relaxed);
  transfer->Finish(outcome);
}

void HttpClientLoop::CheckTimeouts(Time now) {
  std::vector<TransferPtr> late;
  next_check_ = Time::max();
  const auto check = [&](const TransferPtr& transfer) {
    const Time timeout = transfer->NextTimeout();
    if (timeout <= now) {
      late.push_back(transfer);
    } else {
      next_check_ = std::min(next_check_, timeout);
    }
  };
  for (const auto& [easy, transfer] : active_) check(transfer);
  for (const Lane& lane : lanes_) {
    for (const TransferPtr& transfer : lane.waiting) check(transfer);
  }
  for (const TransferPtr& transfer : late) End(transfer, transfer->TimedOut(now));
}

void HttpClientLoop::EndAll() {
  const HttpOutcome ended = {absl::CancelledError("the store was closed"), false};
  while (true) {
    // Handlers may start new transfers while theirs end.
    Mail mail;
    {
      MutexLock lock(&mutex_);
      std::swap(mail, mail_);
    }
    std::vector<TransferPtr> all = std::move(mail.starts);
    for (const TransferPtr& transfer : all) lane(*transfer).waiting.push_back(transfer);
    for (const auto& [easy, transfer] : active_) all.push_back(transfer);
    for (const Lane& lane : lanes_) {
      for (const TransferPtr& transfer : lane.waiting) {
        if (std::find(all.begin(), all.end(), transfer) == all.end()) all.push_back(transfer);
      }
    }
    if (all.empty()) return;
    for (const TransferPtr& transfer : all) End(transfer, ended);
  }
}

}  // namespace larder::remote

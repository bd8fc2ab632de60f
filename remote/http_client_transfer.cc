// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_client_transfer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/version.h"
#include "remote/http_client_errors.h"
#include "remote/http_client_loop.h"

namespace larder::remote {
namespace {

// One recv fills it. Of 128, 256 and 512 KiB all cost the same CPU time on loopback (0.45-0.5 s a
// GiB, nginx not counted; bench/http_read_bench), and each transfer under way has one.
constexpr long kBulkBufferBytes = 256 << 10;
constexpr long kMetadataBufferBytes = 64 << 10;

// A redirect's body is of no use; one that is larger is not read to its end.
constexpr size_t kMaxRedirectBody = 1 << 20;

std::chrono::steady_clock::duration ToChrono(absl::Duration duration) {
  // A day at most, so that sums do not overflow.
  return absl::ToChronoNanoseconds(std::min(duration, absl::Hours(24)));
}

// For curl_easy_setopt, whose failure on valid options can only be for want of memory.
template <typename T>
void Set(CURL* easy, CURLoption option, T value, CURLcode* failure) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code != CURLE_OK && *failure == CURLE_OK) *failure = code;
}

}  // namespace

absl::string_view HttpHead::Header(absl::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

HttpClientTransfer::HttpClientTransfer(HttpRequest request, std::shared_ptr<HttpHandler> handler,
                                       HttpClientLoop* loop)
    : request_(std::move(request)),
      time_limit_(request_.time_limit),
      loop_(loop),
      handler_(std::move(handler)),
      counters_(loop->counters()),
      url_(request_.url),
      deadline_(std::chrono::steady_clock::now() + ToChrono(time_limit_)) {}

HttpClientTransfer::~HttpClientTransfer() { curl_slist_free_all(header_list_); }

void HttpClientTransfer::Cancel() {
  MutexLock lock(&mutex_);
  if (loop_ != nullptr) loop_->Cancel(shared_from_this());
}

void HttpClientTransfer::Resume() {
  MutexLock lock(&mutex_);
  if (loop_ != nullptr) loop_->Resume(shared_from_this());
}

absl::Status HttpClientTransfer::Prepare(CURL* easy, const HttpClientOptions& options) {
  easy_ = easy;
  head_ = HttpHead();
  head_bytes_ = 0;
  head_done_ = false;
  redirect_body_bytes_ = 0;
  error_text_[0] = '\0';
  stall_timeout_ = options.stall_timeout;
  last_progress_ = std::chrono::steady_clock::now();
  if (origin_.empty()) {
    LARDER_ASSIGN_OR_RETURN(const Url url, ParseUrl(url_));
    origin_ = url.Origin();
  }
  SetHeaders();
  return SetOptions(options);
}

void HttpClientTransfer::SetHeaders() {
  curl_slist_free_all(header_list_);
  header_list_ = nullptr;
  // Without it a server may encode as it likes, and no range would mean what it says.
  header_list_ = curl_slist_append(header_list_, "Accept-Encoding: identity");
  if (!request_.if_match.empty()) {
    header_list_ =
        curl_slist_append(header_list_, absl::StrCat("If-Match: ", request_.if_match).c_str());
  }
  if (left_origin_) return;
  for (const std::string& header : request_.headers) {
    header_list_ = curl_slist_append(header_list_, header.c_str());
  }
}

absl::Status HttpClientTransfer::SetOptions(const HttpClientOptions& options) {
  CURLcode failure = CURLE_OK;
  const bool bulk = request_.priority == HttpClass::kBulk;
  Set(easy_, CURLOPT_URL, url_.c_str(), &failure);
  Set(easy_, CURLOPT_PRIVATE, this, &failure);
  Set(easy_, CURLOPT_NOSIGNAL, 1L, &failure);
  Set(easy_, CURLOPT_ERRORBUFFER, error_text_.data(), &failure);
  Set(easy_, CURLOPT_PROTOCOLS_STR, "http,https", &failure);
  Set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1), &failure);
  Set(easy_, CURLOPT_PATH_AS_IS, 1L, &failure);
  // Redirects are followed here: libcurl would hand custom headers on to other hosts.
  Set(easy_, CURLOPT_FOLLOWLOCATION, 0L, &failure);
  Set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L, &failure);
  Set(easy_, CURLOPT_USERAGENT, (std::string("larder/") + kVersion).c_str(), &failure);
  Set(easy_, CURLOPT_HTTPHEADER, header_list_, &failure);
  Set(easy_, CURLOPT_BUFFERSIZE, bulk ? kBulkBufferBytes : kMetadataBufferBytes, &failure);
  Set(easy_, CURLOPT_TCP_KEEPALIVE, 1L, &failure);
  Set(easy_, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options.connect_timeout)), &failure);
  // No cache of names: each new connection asks anew and starts at a random one of the answers.
  Set(easy_, CURLOPT_DNS_CACHE_TIMEOUT, 0L, &failure);
  Set(easy_, CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L, &failure);
  // A cancelled transfer does not wait for a resolver that hangs, which would hold all others.
  Set(easy_, CURLOPT_QUICK_EXIT, 1L, &failure);
  if (!options.ca_bundle.empty()) {
    Set(easy_, CURLOPT_CAINFO, options.ca_bundle.c_str(), &failure);
    Set(easy_, CURLOPT_CAPATH, static_cast<const char*>(nullptr), &failure);
  }
  if (request_.method == HttpMethod::kHead) Set(easy_, CURLOPT_NOBODY, 1L, &failure);
  if (request_.range.has_value()) {
    const std::string range = absl::StrCat(request_.range->offset, "-", request_.range->end() - 1);
    Set(easy_, CURLOPT_RANGE, range.c_str(), &failure);
  }
  if (!request_.netrc_file.empty() && !left_origin_) {
    Set(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL), &failure);
    Set(easy_, CURLOPT_NETRC_FILE, request_.netrc_file.c_str(), &failure);
  }
  Set(easy_, CURLOPT_HEADERFUNCTION, &HeaderCallback, &failure);
  Set(easy_, CURLOPT_HEADERDATA, this, &failure);
  Set(easy_, CURLOPT_WRITEFUNCTION, &BodyCallback, &failure);
  Set(easy_, CURLOPT_WRITEDATA, this, &failure);
  Set(easy_, CURLOPT_PREREQFUNCTION, &ConnectedCallback, &failure);
  Set(easy_, CURLOPT_PREREQDATA, this, &failure);
  if (failure == CURLE_OK) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("libcurl took an option not: ", curl_easy_strerror(failure)));
}

CURL* HttpClientTransfer::ReleaseEasy() {
  CURL* const easy = std::exchange(easy_, nullptr);
  if (easy != nullptr) curl_easy_reset(easy);
  return easy;
}

int HttpClientTransfer::ConnectedCallback(void* self, char*, char*, int, int) {
  static_cast<HttpClientTransfer*>(self)->last_progress_ = std::chrono::steady_clock::now();
  return CURL_PREREQFUNC_OK;
}

size_t HttpClientTransfer::HeaderCallback(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<HttpClientTransfer*>(self);
  const size_t bytes = size * count;
  transfer->last_progress_ = std::chrono::steady_clock::now();
  // A 0 that is not `bytes` makes libcurl give up.
  return transfer->TakeHeaderLine(absl::string_view(data, bytes)) ? bytes : 0;
}

bool HttpClientTransfer::TakeHeaderLine(absl::string_view line) {
  if (head_done_) return true;  // trailers of a chunked body
  head_bytes_ += line.size();
  if (head_bytes_ > HttpClient::kMaxHeadBytes) {
    rejected_ = absl::DataLossError(absl::StrCat(ShownUrl(), ": the answer's head is over ",
                                                 HttpClient::kMaxHeadBytes >> 10, " KiB"));
    return false;
  }
  line = absl::StripAsciiWhitespace(line);
  if (line.empty()) return TakeEndOfHead();
  if (head_.status == 0) {
    // "HTTP/1.1 206 Partial Content"; libcurl has checked the form.
    const size_t space = line.find(' ');
    if (space != absl::string_view::npos) {
      (void)absl::SimpleAtoi(line.substr(space + 1, 3), &head_.status);
    }
    return true;
  }
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos) return true;
  head_.headers.emplace_back(
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(line.substr(0, colon))),
      std::string(absl::StripAsciiWhitespace(line.substr(colon + 1))));
  return true;
}

bool HttpClientTransfer::redirects() const {
  if (!request_.follow_redirects || head_.Header("location").empty()) return false;
  return head_.status == 301 || head_.status == 302 || head_.status == 303 || head_.status == 307 ||
         head_.status == 308;
}

bool HttpClientTransfer::TakeEndOfHead() {
  if (head_.status < 200) {  // 100 Continue and the like: the real head follows
    head_ = HttpHead();
    return true;
  }
  head_done_ = true;
  head_.url = url_;
  if (redirects()) return true;
  rejected_ = handler_->OnHead(head_);
  return rejected_.ok();
}

size_t HttpClientTransfer::BodyCallback(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<HttpClientTransfer*>(self);
  const size_t bytes = size * count;
  transfer->last_progress_ = std::chrono::steady_clock::now();
  if (transfer->redirects()) {
    transfer->redirect_body_bytes_ += bytes;
    return transfer->redirect_body_bytes_ > kMaxRedirectBody ? 0 : bytes;
  }
  if (!transfer->handler_->OnBody({data, bytes})) {
    transfer->paused_ = true;
    transfer->paused_since_ = transfer->last_progress_;
    return CURL_WRITEFUNC_PAUSE;
  }
  transfer->counters_->remote_bytes.Add(bytes);
  transfer->RenewDeadline(bytes);
  return bytes;
}

void HttpClientTransfer::RenewDeadline(size_t bytes) {
  if (!request_.renewed_limit.has_value()) return;
  bytes_since_renewal_ += bytes;
  if (bytes_since_renewal_ < HttpClient::kProgressBytes) return;
  bytes_since_renewal_ = 0;
  deadline_ = last_progress_ + ToChrono(*request_.renewed_limit);
}

absl::StatusOr<bool> HttpClientTransfer::FollowRedirect(CURLcode code) {
  if (!head_done_ || !redirects()) return false;
  if (code != CURLE_OK && redirect_body_bytes_ <= kMaxRedirectBody) return false;
  // Not libcurl's CURLINFO_REDIRECT_URL, which carries the password that netrc gave.
  const auto next = ResolveUrl(url_, head_.Header("location"));
  if (!next.ok()) {
    return absl::DataLossError(
        absl::StrCat(ShownUrl(), ": redirected to what is no http or https URL"));
  }
  const std::string target = next->ToString();
  if (++redirects_ > HttpClient::kMaxRedirects) {
    return absl::DataLossError(absl::StrCat(UrlForPeople(request_.url), ": more than ",
                                            HttpClient::kMaxRedirects, " redirects, the last to ",
                                            UrlForPeople(target)));
  }
  if (next->scheme == "http" && absl::StartsWith(url_, "https:")) {
    return absl::PermissionDeniedError(absl::StrCat(ShownUrl(), ": redirected from https to ",
                                                    UrlForPeople(target),
                                                    ", which is not followed"));
  }
  if (next->Origin() != origin_) left_origin_ = true;
  url_ = target;
  return true;
}

std::string HttpClientTransfer::ShownUrl() const { return UrlForPeople(url_); }

HttpOutcome HttpClientTransfer::Outcome(CURLcode code) const {
  if (!rejected_.ok()) return {rejected_, false};
  if (code == CURLE_OK && head_done_) return {absl::OkStatus(), false};
  if (code == CURLE_OK) code = CURLE_GOT_NOTHING;
  long os_error = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_error);
  if (code != CURLE_COULDNT_CONNECT) os_error = 0;
  return ExplainCurlError(code, url_, error_text_.data(), static_cast<int>(os_error));
}

void HttpClientTransfer::Finish(const HttpOutcome& outcome) {
  {
    MutexLock lock(&mutex_);
    loop_ = nullptr;
  }
  const std::shared_ptr<HttpHandler> handler = std::move(handler_);
  handler->OnDone(outcome);
}

void HttpClientTransfer::Unpause(Time now) {
  if (!paused_ || easy_ == nullptr) return;
  paused_ = false;
  deadline_ += now - paused_since_;
  last_progress_ = now;
  // May call BodyCallback, which may pause again.
  curl_easy_pause(easy_, CURLPAUSE_CONT);
}

HttpClientTransfer::Time HttpClientTransfer::NextTimeout() const {
  if (paused_) return Time::max();
  if (easy_ == nullptr) return deadline_;
  return std::min(deadline_, last_progress_ + ToChrono(stall_timeout_));
}

HttpOutcome HttpClientTransfer::TimedOut(Time now) const {
  if (now >= deadline_) {
    return {
        absl::DeadlineExceededError(absl::StrCat(
            ShownUrl(), ": no ", head_done_ ? "end of the" : "", head_done_ ? " body" : "answer",
            " within ", absl::FormatDuration(absl::Trunc(time_limit_, absl::Milliseconds(1))))),
        true};
  }
  return {absl::DeadlineExceededError(absl::StrCat(ShownUrl(), ": the server sent nothing for ",
                                                   absl::FormatDuration(stall_timeout_))),
          true};
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_fetch.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "remote/http_call.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

class FetchCall : public HttpCall {
 public:
  FetchCall(const HttpContext& context, HttpRequest request, const FetchOptions& fetch,
            const RequestOptions& options, std::function<void(absl::StatusOr<HttpAnswer>)> done)
      : HttpCall(context, options),
        request_(std::move(request)),
        fetch_(fetch),
        keeps_encoding_(request_.method == HttpMethod::kHead && context.dialect->keeps_encodings()),
        done_(std::move(done)) {}

 protected:
  HttpRequest NextRequest() override {
    answer_ = HttpAnswer();
    return request_;
  }

  bool IsAnswer(int status) const override {
    return HttpCall::IsAnswer(status) || (fetch_.redirects_are_answers && status / 100 == 3);
  }

  HttpRefusal TakeHead(const HttpHead& head) override {
    answer_.head = head;
    const absl::string_view encoding = head.Header("content-encoding");
    if (!keeps_encoding_ && !encoding.empty() && encoding != "identity") {
      return {absl::DataLossError(absl::StrCat(UrlForPeople(head.url), ": the answer is encoded (",
                                               encoding, ") though plain bytes were asked for"))};
    }
    return {};
  }

  bool TakeBody(std::span<const char> bytes) override {
    if (fetch_.head_only || answer_.body.size() + bytes.size() > fetch_.max_body) {
      too_large_ = !fetch_.head_only;
      EndEarly();
      return true;
    }
    answer_.body.append(bytes.data(), bytes.size());
    return true;
  }

  absl::Status TakeEnd() override { return absl::OkStatus(); }

  void Deliver(const absl::Status& status) override {
    const auto done = std::move(done_);
    if (!status.ok()) return done(status);
    if (too_large_) {
      return done(absl::ResourceExhaustedError(absl::StrCat(UrlForPeople(request_.url),
                                                            ": the answer is over the limit of ",
                                                            fetch_.max_body >> 20, " MiB")));
    }
    done(std::move(answer_));
  }

  bool IsError(const absl::Status& status) const override { return !absl::IsNotFound(status); }

 private:
  const HttpRequest request_;
  const FetchOptions fetch_;
  const bool keeps_encoding_;
  std::function<void(absl::StatusOr<HttpAnswer>)> done_;
  HttpAnswer answer_;
  bool too_large_ = false;
};

}  // namespace

std::shared_ptr<Transfer> HttpFetch(const HttpContext& context, HttpRequest request,
                                    const FetchOptions& fetch, const RequestOptions& options,
                                    std::function<void(absl::StatusOr<HttpAnswer>)> done) {
  request.priority = HttpClass::kMetadata;
  if (fetch.redirects_are_answers) request.follow_redirects = false;
  auto call =
      std::make_shared<FetchCall>(context, std::move(request), fetch, options, std::move(done));
  call->Begin();
  return call;
}

}  // namespace larder::remote

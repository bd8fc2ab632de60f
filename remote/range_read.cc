// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/range_read.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "remote/http_call.h"
#include "remote/http_date.h"
#include "remote/http_headers.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

std::string Describe(const ObjectVersion& version) {
  return absl::StrCat(
      version.size, " bytes", version.etag.empty() ? "" : ", ETag ", version.etag,
      version.mtime == absl::InfinitePast() ? "" : ", modified ",
      version.mtime == absl::InfinitePast()
          ? ""
          : absl::FormatTime(absl::RFC3339_sec, version.mtime, absl::UTCTimeZone()));
}

class RangeReadCall : public HttpCall {
 public:
  RangeReadCall(const HttpContext& context, RangeReadRequest request, const RequestOptions& options,
                std::shared_ptr<RangeSink> sink)
      : HttpCall(context, options),
        request_(std::move(request)),
        keeps_encoding_(context.dialect->keeps_encodings()),
        sink_(std::move(sink)),
        next_(request_.range.offset),
        end_(request_.range.end()) {}

 protected:
  HttpRequest NextRequest() override {
    HttpRequest request;
    request.url = request_.url;
    request.priority = HttpClass::kBulk;
    request.range = ByteRange::FromTo(next_, end_);
    request.if_match = request_.expected.etag;
    request.renewed_limit = absl::ZeroDuration();  // the deadline is of waits; HttpCall fills it in
    return request;
  }

  HttpRefusal TakeHead(const HttpHead& head) override;
  bool TakeBody(std::span<const char> bytes) override;
  absl::Status TakeEnd() override;

  void Deliver(const absl::Status& status) override {
    const std::shared_ptr<RangeSink> sink = std::move(sink_);
    sink->OnDone(status);
  }

  bool IsError(const absl::Status&) const override { return true; }

 private:
  // What a head promises is checked before a byte of the body is believed.
  absl::Status CheckHead(const HttpHead& head, ObjectVersion* version) const;

  const RangeReadRequest request_;
  const bool keeps_encoding_;
  std::shared_ptr<RangeSink> sink_;
  uint64_t next_;  // the byte of the object that the sink gets next
  uint64_t end_;
  bool delivered_ = false;  // the sink has got bytes: it will not be started again
  uint64_t skip_ = 0;       // bytes of this answer that the sink has had already
};

absl::Status RangeReadCall::CheckHead(const HttpHead& head, ObjectVersion* version) const {
  const std::string url = UrlForPeople(head.url);
  const absl::string_view encoding = head.Header("content-encoding");
  if (!keeps_encoding_ && !encoding.empty() && encoding != "identity") {
    return absl::DataLossError(absl::StrCat(url, ": the answer is encoded (", encoding,
                                            ") though plain bytes were asked for"));
  }
  LARDER_ASSIGN_OR_RETURN(*version, VersionOfHead(head));
  if (head.status == 206) {
    const auto range = ParseContentRange(head.Header("content-range"));
    if (!range.has_value() || range->bytes.offset != next_ || range->bytes.end() > end_) {
      return absl::DataLossError(absl::StrCat(url, ": asked for bytes ", next_, "-", end_ - 1,
                                              ", the server sent Content-Range '",
                                              head.Header("content-range"), "'"));
    }
    if (!range->total.has_value()) version->size = request_.expected.size;
  }
  if (!request_.expected.Matches(*version)) {
    return absl::FailedPreconditionError(
        absl::StrCat(url, ": is no longer the version that was opened (was ",
                     Describe(request_.expected), "; is ", Describe(*version), ")"));
  }
  return absl::OkStatus();
}

HttpRefusal RangeReadCall::TakeHead(const HttpHead& head) {
  ObjectVersion version;
  if (absl::Status status = CheckHead(head, &version); !status.ok()) return {status};
  skip_ = 0;
  const bool whole = head.status == 200;
  const bool part_was_asked = next_ != 0 || end_ != version.size;
  if (whole && part_was_asked && request_.on_ranges_ignored) request_.on_ranges_ignored();
  if (delivered_) {
    // After a break the sink still gets one run of bytes, whatever the server sends this time.
    if (whole) skip_ = next_;
    return {};
  }
  if (whole) {
    next_ = 0;
    end_ = version.size;
  }
  return {sink_->OnStart(next_, version)};
}

bool RangeReadCall::TakeBody(std::span<const char> bytes) {
  const uint64_t skipped = std::min<uint64_t>(skip_, bytes.size());
  const uint64_t wanted = std::min<uint64_t>(bytes.size() - skipped, end_ - next_);
  // Nothing is noted before the sink has taken the bytes: otherwise the same come again.
  if (wanted > 0 && !sink_->OnData(bytes.subspan(skipped, wanted))) return false;
  skip_ -= skipped;
  next_ += wanted;
  if (wanted > 0) {
    delivered_ = true;
    MadeProgress(wanted);
  }
  if (skipped + wanted < bytes.size()) EndEarly();
  return true;
}

absl::Status RangeReadCall::TakeEnd() {
  if (next_ == end_) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(UrlForPeople(request_.url),
                                          ": the body was shorter than promised (", end_ - next_,
                                          " bytes are missing)"));
}

}  // namespace

absl::StatusOr<ObjectVersion> VersionOfHead(const HttpHead& head) {
  ObjectVersion version;
  std::optional<uint64_t> size;
  if (head.status == 206) {
    const auto range = ParseContentRange(head.Header("content-range"));
    if (range.has_value()) size = range->total.value_or(0);
  } else {
    uint64_t length;
    if (absl::SimpleAtoi(head.Header("content-length"), &length)) size = length;
  }
  if (!size.has_value()) {
    return absl::DataLossError(
        absl::StrCat(UrlForPeople(head.url),
                     ": the server does not say how large the object is (no Content-Length)"));
  }
  version.size = *size;
  version.etag = StrongEtag(head.Header("etag"));
  version.mtime = ParseHttpDate(head.Header("last-modified")).value_or(absl::InfinitePast());
  return version;
}

std::shared_ptr<Transfer> RangeRead(const HttpContext& context, RangeReadRequest request,
                                    const RequestOptions& options,
                                    std::shared_ptr<RangeSink> sink) {
  auto call =
      std::make_shared<RangeReadCall>(context, std::move(request), options, std::move(sink));
  call->Begin();
  return call;
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_stat.h"

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "remote/http_fetch.h"
#include "remote/range_read.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

// The decoded path of a URL or of a Location that may be only a path; nullopt where there is none.
std::optional<std::string> PathOf(absl::string_view location) {
  absl::string_view path = location.substr(0, location.find_first_of("?#"));
  if (const size_t scheme = path.find("://"); scheme != absl::string_view::npos) {
    const size_t slash = path.find('/', scheme + 3);
    if (slash == absl::string_view::npos) return std::nullopt;
    path.remove_prefix(slash);
  }
  return PercentDecode(path);
}

bool EndsInSlash(absl::string_view url) {
  return absl::EndsWith(url.substr(0, url.find_first_of("?#")), "/");
}

Attributes Folder() {
  Attributes attributes;
  attributes.kind = EntryKind::kFolder;
  return attributes;
}

// A few requests one after the other, within one deadline, that can be cancelled as one. Each step
// ends in Ask or Answer.
class StatCall : public Transfer, public std::enable_shared_from_this<StatCall> {
 public:
  using Step = void (StatCall::*)(const absl::StatusOr<HttpAnswer>&);

  StatCall(const HttpContext& context, std::string url, const RequestOptions& options,
           std::function<void(absl::StatusOr<Attributes>)> done)
      : context_(context),
        url_(std::move(url)),
        options_(options),
        deadline_(std::chrono::steady_clock::now() +
                  absl::ToChronoNanoseconds(std::min(options.deadline, absl::Hours(24)))),
        done_(std::move(done)) {}

  void Begin() {
    Ask(HttpMethod::kHead, url_, {.redirects_are_answers = true}, &StatCall::AfterHead);
  }
  void BeginRoot() { Ask(HttpMethod::kHead, url_, {}, &StatCall::AfterRootHead); }

  void Cancel() override {
    std::shared_ptr<Transfer> current;
    {
      MutexLock lock(&mutex_);
      cancelled_ = true;
      current = current_;
    }
    if (current != nullptr) current->Cancel();
  }
  void Resume() override {}

 private:
  void Ask(HttpMethod method, std::string url, FetchOptions fetch, Step step,
           bool one_byte = false) {
    HttpRequest request;
    request.method = method;
    request.url = std::move(url);
    if (one_byte) request.range = ByteRange{0, 1};
    RequestOptions options = options_;
    options.deadline = absl::FromChrono(deadline_ - std::chrono::steady_clock::now());
    auto call =
        HttpFetch(context_, std::move(request), fetch, options,
                  [self = shared_from_this(), step](const absl::StatusOr<HttpAnswer>& answer) {
                    (self.get()->*step)(answer);
                  });
    bool cancelled;
    {
      MutexLock lock(&mutex_);
      current_ = call;
      cancelled = cancelled_;
    }
    if (cancelled) call->Cancel();
  }

  void Answer(absl::StatusOr<Attributes> answer) {
    std::exchange(done_, nullptr)(std::move(answer));
  }

  void AnswerFile(const HttpHead& head) {
    auto version = VersionOfHead(head);
    if (!version.ok()) return Answer(version.status());
    Attributes attributes;
    attributes.version = *std::move(version);
    Answer(std::move(attributes));
  }

  void AfterHead(const absl::StatusOr<HttpAnswer>& answer) {
    if (absl::IsUnimplemented(answer.status())) {
      return Ask(HttpMethod::kGet, url_, {.head_only = true}, &StatCall::AfterOneByte, true);
    }
    if (!answer.ok()) return Answer(answer.status());
    const HttpHead& head = answer->head;
    if (head.status / 100 != 3) {
      if (!head.Header("content-length").empty()) return AnswerFile(head);
      // A page made on the fly, as listings are: a folder, if it is one.
      return Ask(HttpMethod::kHead, url_ + "/", {}, &StatCall::AfterSlash);
    }
    const std::optional<std::string> from = PathOf(url_);
    const std::optional<std::string> to = PathOf(head.Header("location"));
    // Not followed: servers behind others often redirect to an address that only they know.
    if (from.has_value() && to.has_value() && *to == *from + "/") return Answer(Folder());
    Ask(HttpMethod::kHead, url_, {}, &StatCall::AfterRedirects);
  }

  void AfterRedirects(const absl::StatusOr<HttpAnswer>& answer) {
    if (absl::IsUnimplemented(answer.status())) {
      return Ask(HttpMethod::kGet, url_, {.head_only = true}, &StatCall::AfterOneByte, true);
    }
    if (!answer.ok()) return Answer(answer.status());
    EndsInSlash(answer->head.url) ? Answer(Folder()) : AnswerFile(answer->head);
  }

  void AfterSlash(const absl::StatusOr<HttpAnswer>& answer) {
    if (answer.ok()) return Answer(Folder());
    if (!absl::IsNotFound(answer.status())) return Answer(answer.status());
    Answer(absl::DataLossError(
        absl::StrCat(UrlForPeople(url_),
                     ": the server does not say how large the object is (no Content-Length)")));
  }

  void AfterOneByte(const absl::StatusOr<HttpAnswer>& answer) {
    // An empty file has no first byte.
    if (absl::IsFailedPrecondition(answer.status())) {
      return Ask(HttpMethod::kGet, url_, {.head_only = true}, &StatCall::AfterRedirects);
    }
    AfterRedirects(answer);
  }

  void AfterRootHead(const absl::StatusOr<HttpAnswer>& answer) {
    if (answer.ok()) return Answer(Folder());
    if (absl::IsUnimplemented(answer.status()) && !asked_by_get_) {
      asked_by_get_ = true;
      return Ask(HttpMethod::kGet, url_, {.head_only = true}, &StatCall::AfterRootHead);
    }
    const absl::string_view path = url_;
    if (!absl::IsNotFound(answer.status()) || PathOf(path) == "/") return Answer(answer.status());
    not_found_ = answer.status();
    Ask(HttpMethod::kHead, url_.substr(0, url_.size() - 1), {.redirects_are_answers = true},
        &StatCall::AfterRootFile);
  }

  void AfterRootFile(const absl::StatusOr<HttpAnswer>& answer) {
    if (!answer.ok() || answer->head.status / 100 == 3) return Answer(not_found_);
    const std::string file = url_.substr(0, url_.size() - 1);
    const std::string folder = file.substr(0, file.rfind('/') + 1);
    Answer(absl::InvalidArgumentError(absl::StrCat(UrlForPeople(file),
                                                   ": is a file, not a folder: mount ",
                                                   UrlForPeople(folder), " instead")));
  }

  const HttpContext context_;
  const std::string url_;
  const RequestOptions options_;
  const std::chrono::steady_clock::time_point deadline_;
  std::function<void(absl::StatusOr<Attributes>)> done_;
  bool asked_by_get_ = false;
  absl::Status not_found_;

  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Transfer> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<Transfer> HttpStat(const HttpContext& context, std::string url,
                                   const RequestOptions& options,
                                   std::function<void(absl::StatusOr<Attributes>)> done) {
  auto call = std::make_shared<StatCall>(context, std::move(url), options, std::move(done));
  call->Begin();
  return call;
}

std::shared_ptr<Transfer> HttpStatRoot(const HttpContext& context, std::string url,
                                       const RequestOptions& options,
                                       std::function<void(absl::StatusOr<Attributes>)> done) {
  auto call = std::make_shared<StatCall>(context, std::move(url), options, std::move(done));
  call->BeginRoot();
  return call;
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_BRACE_STORE_H_
#define LARDER_REMOTE_BRACE_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "remote/brace_pattern.h"
#include "remote/http_session.h"
#include "remote/object_store.h"

namespace larder::remote {

// A dataset named by a URL with braces, http://host/path/shard-{000000..000146}.tar: its files are
// what the braces expand to, and the server is never asked for a listing. The root is the folder of
// the first component with a brace; braces in several components make folders. All else is as in
// the store beneath, which serves the folder.
//
// List   no request: names only, kPageNames a page.
// Stat   of the root asks for the first name, so that a wrong host or path shows at once: its
//        error is the root's. Of another folder, no request; of a name that the braces do not make,
//        NotFound without a request.
class BraceStore : public ObjectStore {
 public:
  static constexpr uint64_t kPageNames = 10'000;

  // A source split before its first component with a brace.
  struct Source {
    std::string folder_url;                // ends in '/'
    std::vector<BracePattern> components;  // at least one
  };
  static bool HasBraces(absl::string_view source) {
    return source.find('{') != absl::string_view::npos;
  }
  // InvalidArgument says what is wrong.
  static absl::StatusOr<Source> ParseSource(absl::string_view source);

  // `timers` is not owned and outlives the store; `folder` serves source.folder_url.
  BraceStore(Source source, std::unique_ptr<ObjectStore> folder);

  std::shared_ptr<Transfer> List(absl::string_view path, absl::string_view page,
                                 const RequestOptions& options,
                                 std::function<void(absl::StatusOr<ListPage>)> done) override;
  std::shared_ptr<Transfer> Stat(absl::string_view path, const RequestOptions& options,
                                 std::function<void(absl::StatusOr<Attributes>)> done) override;
  std::shared_ptr<Transfer> ReadRange(absl::string_view path, const ObjectVersion& expected,
                                      ByteRange range, const RequestOptions& options,
                                      std::shared_ptr<RangeSink> sink) override;
  bool supports_ranges() const override { return folder_->supports_ranges(); }
  bool lists_versions() const override { return false; }
  bool lists_offline() const override { return true; }
  std::string Url(absl::string_view path) const override { return folder_->Url(path); }

 private:
  // How many components `path` has; -1 where the braces do not make it.
  int Depth(absl::string_view path) const;
  absl::StatusOr<ListPage> MakePage(absl::string_view path, absl::string_view page) const;
  std::shared_ptr<Transfer> AnswerSoon(std::function<void()> answer);

  const std::unique_ptr<ObjectStore> folder_;
  const std::vector<BracePattern> components_;
  const std::string first_path_;
  TimerQueue timers_;  // answers what needs no request, off the caller's stack; dies first
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_BRACE_STORE_H_

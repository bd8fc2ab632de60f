// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/brace_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/errors.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

// A call whose answer is on its way already.
class AnsweredTransfer : public Transfer {
 public:
  void Cancel() override {}
  void Resume() override {}
};

std::string FirstPath(const std::vector<BracePattern>& components) {
  std::vector<std::string> names;
  names.reserve(components.size());
  for (const BracePattern& component : components) names.push_back(component.Name(0));
  return absl::StrJoin(names, "/");
}

}  // namespace

absl::StatusOr<BraceStore::Source> BraceStore::ParseSource(absl::string_view source) {
  const size_t brace = source.find('{');
  const size_t slash = source.rfind('/', brace);
  Source parsed;
  parsed.folder_url = std::string(source.substr(0, slash + 1));
  if (source.find_first_of("?#") != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(UrlForPeople(source), ": a source can't have a ? or # part"));
  }
  uint64_t names = 1;
  for (const absl::string_view component : absl::StrSplit(source.substr(slash + 1), '/')) {
    auto pattern = BracePattern::Parse(component);
    if (!pattern.ok()) return WithContext(pattern.status(), UrlForPeople(source));
    names *= pattern->count();
    if (names > kMaxBraceNames) {
      return absl::InvalidArgumentError(absl::StrCat(
          UrlForPeople(source), ": the braces stand for more than ", kMaxBraceNames, " names"));
    }
    parsed.components.push_back(*std::move(pattern));
  }
  return parsed;
}

BraceStore::BraceStore(Source source, std::unique_ptr<ObjectStore> folder)
    : folder_(std::move(folder)),
      components_(std::move(source.components)),
      first_path_(FirstPath(components_)) {}

int BraceStore::Depth(absl::string_view path) const {
  if (path.empty()) return 0;
  const std::vector<absl::string_view> names = absl::StrSplit(path, '/');
  if (names.size() > components_.size()) return -1;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!components_[i].Contains(names[i])) return -1;
  }
  return static_cast<int>(names.size());
}

std::shared_ptr<Transfer> BraceStore::AnswerSoon(std::function<void()> answer) {
  timers_.RunAfter(absl::ZeroDuration(), [answer = std::move(answer)](bool) { answer(); });
  return std::make_shared<AnsweredTransfer>();
}

absl::StatusOr<ListPage> BraceStore::MakePage(absl::string_view path,
                                              absl::string_view page) const {
  const int depth = Depth(path);
  if (depth < 0 || depth == static_cast<int>(components_.size())) {
    return absl::NotFoundError(absl::StrCat(Url(path), ": no such folder"));
  }
  const BracePattern& pattern = components_[depth];
  uint64_t first = 0;
  if (!page.empty() && (!absl::SimpleAtoi(page, &first) || first >= pattern.count())) {
    return absl::InvalidArgumentError(absl::StrCat("'", page, "' is no page of this listing"));
  }
  const uint64_t end = std::min(first + kPageNames, pattern.count());
  ListPage answer;
  answer.entries.reserve(end - first);
  for (uint64_t i = first; i < end; ++i) {
    ListEntry entry;
    entry.name = pattern.Name(i);
    entry.kind =
        depth + 1 == static_cast<int>(components_.size()) ? EntryKind::kFile : EntryKind::kFolder;
    answer.entries.push_back(std::move(entry));
  }
  if (end < pattern.count()) answer.next_page = absl::StrCat(end);
  return answer;
}

std::shared_ptr<Transfer> BraceStore::List(absl::string_view path, absl::string_view page,
                                           const RequestOptions&,
                                           std::function<void(absl::StatusOr<ListPage>)> done) {
  return AnswerSoon([this, path = std::string(path), page = std::string(page),
                     done = std::move(done)] { done(MakePage(path, page)); });
}

std::shared_ptr<Transfer> BraceStore::Stat(absl::string_view path, const RequestOptions& options,
                                           std::function<void(absl::StatusOr<Attributes>)> done) {
  const int depth = Depth(path);
  if (depth < 0) {
    return AnswerSoon([url = Url(path), done = std::move(done)] {
      done(absl::NotFoundError(absl::StrCat(url, ": not among the names that the braces make")));
    });
  }
  if (depth == static_cast<int>(components_.size())) {
    return folder_->Stat(
        path, options, [url = Url(path), done = std::move(done)](absl::StatusOr<Attributes> found) {
          if (found.ok() && found->kind != EntryKind::kFile) {
            return done(
                absl::NotFoundError(absl::StrCat(url, ": is a folder, the braces want a file")));
          }
          done(std::move(found));
        });
  }
  Attributes folder;
  folder.kind = EntryKind::kFolder;
  if (depth > 0) {
    return AnswerSoon([folder, done = std::move(done)] { done(folder); });
  }
  return folder_->Stat(first_path_, options,
                       [folder, done = std::move(done)](const absl::StatusOr<Attributes>& found) {
                         if (found.ok()) return done(folder);
                         done(absl::IsNotFound(found.status())
                                  ? absl::NotFoundError(absl::StrCat(
                                        found.status().message(),
                                        "; the first of the files that the braces make has to "
                                        "be there"))
                                  : found.status());
                       });
}

std::shared_ptr<Transfer> BraceStore::ReadRange(absl::string_view path,
                                                const ObjectVersion& expected, ByteRange range,
                                                const RequestOptions& options,
                                                std::shared_ptr<RangeSink> sink) {
  if (Depth(path) != static_cast<int>(components_.size())) {
    return AnswerSoon([url = Url(path), sink = std::move(sink)] {
      sink->OnDone(
          absl::NotFoundError(absl::StrCat(url, ": not among the names that the braces make")));
    });
  }
  return folder_->ReadRange(path, expected, range, options, std::move(sink));
}

}  // namespace larder::remote

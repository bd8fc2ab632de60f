// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/directory_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

// A question with one answer: List and Stat.
template <typename T>
class AskCall : public BlockingCall {
 public:
  AskCall(const Context& context, const RequestOptions& options,
          std::function<void(absl::StatusOr<T>)> done)
      : BlockingCall(context, options), done_(std::move(done)) {}

 protected:
  virtual absl::StatusOr<T> Ask() = 0;

  void Work() final {
    CountRequest();
    absl::StatusOr<T> answer = Ask();
    if (answer.ok()) {
      if (!StartTalking()) return;
      answer_ = std::move(answer);
      if (StopTalking(/*paused=*/false) == Next::kReturn) return;
      return Finish(absl::OkStatus());
    }
    Finish(answer.status());
  }

  void Deliver(const absl::Status& status) final {
    const auto done = std::move(done_);
    status.ok() ? done(std::move(answer_)) : done(status);
  }

 private:
  std::function<void(absl::StatusOr<T>)> done_;
  absl::StatusOr<T> answer_ = absl::UnknownError("no answer");
};

class ListCall : public AskCall<ListPage> {
 public:
  ListCall(const Context& context, const RequestOptions& options,
           std::function<void(absl::StatusOr<ListPage>)> done, std::shared_ptr<DirectoryTree> tree,
           absl::string_view path)
      : AskCall(context, options, std::move(done)), tree_(std::move(tree)), path_(path) {}

 protected:
  absl::StatusOr<ListPage> Ask() override {
    return tree_->List(path_, [this] { return ended(); });
  }

 private:
  const std::shared_ptr<DirectoryTree> tree_;
  const std::string path_;
};

class StatCall : public AskCall<Attributes> {
 public:
  StatCall(const Context& context, const RequestOptions& options,
           std::function<void(absl::StatusOr<Attributes>)> done,
           std::shared_ptr<DirectoryTree> tree, absl::string_view path)
      : AskCall(context, options, std::move(done)), tree_(std::move(tree)), path_(path) {}

 protected:
  absl::StatusOr<Attributes> Ask() override { return tree_->Stat(path_); }

 private:
  const std::shared_ptr<DirectoryTree> tree_;
  const std::string path_;
};

class ReadCall : public BlockingCall {
 public:
  ReadCall(const Context& context, const RequestOptions& options, std::shared_ptr<RangeSink> sink,
           std::shared_ptr<DirectoryTree> tree, absl::string_view path, ObjectVersion expected,
           ByteRange range)
      : BlockingCall(context, options),
        sink_(std::move(sink)),
        tree_(std::move(tree)),
        path_(path),
        expected_(std::move(expected)),
        next_(range.offset),
        end_(range.end()) {}

 protected:
  void Work() override {
    if (!file_.is_open()) {
      CountRequest();
      absl::StatusOr<File> file = tree_->OpenFile(path_);
      if (!file.ok()) return Finish(file.status());
      file_ = *std::move(file);
      if (const absl::Status status = CheckVersion(); !status.ok()) return Finish(status);
    }
    if (!started_ && !Start()) return;
    while (next_ < end_) {
      if (!Step()) return;
    }
    Finish(absl::OkStatus());
  }

  void Deliver(const absl::Status& status) override {
    const std::shared_ptr<RangeSink> sink = std::move(sink_);
    sink->OnDone(status);
  }

 private:
  // The thread's own, so that a transfer that pauses holds none.
  static std::vector<char>& Buffer() {
    static thread_local std::vector<char> buffer(DirectoryStore::kReadBytes);
    return buffer;
  }

  absl::Status CheckVersion() {
    struct stat attributes;
    if (fstat(file_.fd(), &attributes) != 0) {
      return absl::UnavailableError(
          absl::StrCat(tree_->Name(path_), ": can't be examined any more"));
    }
    version_ = DirectoryTree::VersionOf(attributes);
    if (expected_.Matches(version_)) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat(tree_->Name(path_), ": is no longer the version that was opened (",
                     expected_.size, " bytes then, ", version_.size, " now)"));
  }

  // Tells the sink what will come. False: Work must return.
  bool Start() {
    if (!StartTalking()) return false;
    started_ = true;
    const absl::Status status = sink_->OnStart(next_, version_);
    if (StopTalking(/*paused=*/false) == Next::kReturn) return false;
    if (!status.ok()) FinishForGood(status);
    return status.ok();
  }

  // One read and its delivery. False: Work must return.
  bool Step() {
    std::vector<char>& buffer = Buffer();
    const size_t wanted = std::min<uint64_t>(buffer.size(), end_ - next_);
    const absl::StatusOr<size_t> count = file_.ReadAt(next_, {buffer.data(), wanted});
    // The bytes are the version's if it is the version still: checked before anybody sees them.
    absl::Status status =
        count.ok() ? CheckVersion() : absl::UnavailableError(count.status().message());
    if (status.ok() && *count < wanted) {
      status = absl::UnavailableError(absl::StrCat(tree_->Name(path_), ": a read came back short"));
    }
    if (!status.ok()) {
      file_ = File();  // the next try opens it anew
      Finish(status);
      return false;
    }
    if (!StartTalking()) return false;
    const bool taken = sink_->OnData({buffer.data(), wanted});
    if (taken) {
      next_ += wanted;
      counters().remote_bytes.Add(wanted);
    }
    return StopTalking(/*paused=*/!taken) == Next::kGoOn;
  }

  std::shared_ptr<RangeSink> sink_;
  const std::shared_ptr<DirectoryTree> tree_;
  const std::string path_;
  const ObjectVersion expected_;
  File file_;
  ObjectVersion version_;  // of file_
  bool started_ = false;   // the sink is
  uint64_t next_;
  const uint64_t end_;
};

}  // namespace

DirectoryStore::DirectoryStore(std::string root, DatasetCounters* counters)
    : tree_(std::make_shared<DirectoryTree>(std::move(root))),
      pool_(kThreads),
      context_{&pool_, &timers_, counters} {}

// Ends every call; then pool_ waits for its threads, as long as that makes sense.
DirectoryStore::~DirectoryStore() { timers_.Stop(); }

std::shared_ptr<Transfer> DirectoryStore::List(absl::string_view path, absl::string_view,
                                               const RequestOptions& options,
                                               std::function<void(absl::StatusOr<ListPage>)> done) {
  auto call = std::make_shared<ListCall>(context_, options, std::move(done), tree_, path);
  call->Begin();
  return call;
}

std::shared_ptr<Transfer> DirectoryStore::Stat(
    absl::string_view path, const RequestOptions& options,
    std::function<void(absl::StatusOr<Attributes>)> done) {
  auto call = std::make_shared<StatCall>(context_, options, std::move(done), tree_, path);
  call->Begin();
  return call;
}

std::shared_ptr<Transfer> DirectoryStore::ReadRange(absl::string_view path,
                                                    const ObjectVersion& expected, ByteRange range,
                                                    const RequestOptions& options,
                                                    std::shared_ptr<RangeSink> sink) {
  auto call =
      std::make_shared<ReadCall>(context_, options, std::move(sink), tree_, path, expected, range);
  call->Begin();
  return call;
}

std::string DirectoryStore::Url(absl::string_view path) const {
  return absl::StrCat("file://", PercentEncode(tree_->Name(path)));
}

}  // namespace larder::remote

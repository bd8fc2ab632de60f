// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/object_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/mutex.h"

namespace larder::remote {
namespace {

// The answer of a call that another thread waits for.
template <typename T>
class Awaited {
 public:
  void Set(T value) {
    MutexLock lock(&mutex_);
    value_ = std::move(value);
    // Under the lock: the waiter destroys this as soon as it has the value.
    changed_.NotifyAll();
  }
  T Wait() {
    MutexLock lock(&mutex_);
    while (!value_.has_value()) changed_.Wait(&mutex_);
    return *std::move(value_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::optional<T> value_ ABSL_GUARDED_BY(mutex_);
};

// Collects one range, wherever the transfer starts.
class StringSink : public RangeSink {
 public:
  explicit StringSink(ByteRange range) : range_(range) {}

  void SetTransfer(const std::shared_ptr<Transfer>& transfer) {
    bool complete;
    {
      MutexLock lock(&mutex_);
      transfer_ = transfer;
      complete = complete_;
    }
    if (complete) transfer->Cancel();
  }

  absl::Status OnStart(uint64_t offset, const ObjectVersion&) override {
    if (offset > range_.offset) {
      return absl::InternalError(
          absl::StrCat("the transfer starts at ", offset, ", asked for ", range_.offset));
    }
    next_ = offset;
    return absl::OkStatus();
  }

  bool OnData(std::span<const char> bytes) override {
    const ByteRange wanted = ByteRange{next_, bytes.size()}.Intersect(range_);
    if (!wanted.empty()) bytes_.append(bytes.data() + (wanted.offset - next_), wanted.length);
    next_ += bytes.size();
    if (next_ > range_.end()) EndEarly();
    return true;
  }

  void OnDone(const absl::Status& status) override {
    std::shared_ptr<Transfer> last;
    bool complete;
    {
      MutexLock lock(&mutex_);
      last = std::move(transfer_);
      complete = complete_;
    }
    if (complete || (status.ok() && bytes_.size() == range_.length))
      return answer_.Set(std::move(bytes_));
    answer_.Set(status.ok() ? absl::InternalError("a transfer ended well with bytes missing")
                            : status);
  }

  absl::StatusOr<std::string> Wait() { return answer_.Wait(); }

 private:
  // The server sends the whole object, and the range has come.
  void EndEarly() {
    std::shared_ptr<Transfer> transfer;
    {
      MutexLock lock(&mutex_);
      complete_ = true;
      transfer = transfer_;
    }
    if (transfer != nullptr) transfer->Cancel();
  }

  const ByteRange range_;
  uint64_t next_ = 0;
  std::string bytes_;
  Mutex mutex_;
  bool complete_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<Transfer> transfer_ ABSL_GUARDED_BY(mutex_);
  Awaited<absl::StatusOr<std::string>> answer_;
};

// Pages may repeat a name; the folder counts.
void JoinEntries(std::vector<ListEntry>* entries) {
  std::stable_sort(entries->begin(), entries->end(), [](const ListEntry& a, const ListEntry& b) {
    if (a.name != b.name) return a.name < b.name;
    return a.kind == EntryKind::kFolder && b.kind != EntryKind::kFolder;
  });
  const auto end =
      std::unique(entries->begin(), entries->end(),
                  [](const ListEntry& a, const ListEntry& b) { return a.name == b.name; });
  entries->erase(end, entries->end());
}

}  // namespace

absl::StatusOr<ListPage> ListAndWait(ObjectStore& store, absl::string_view path,
                                     const RequestOptions& options) {
  ListPage all;
  std::string next;
  do {
    Awaited<absl::StatusOr<ListPage>> answer;
    store.List(path, next, options,
               [&answer](absl::StatusOr<ListPage> page) { answer.Set(std::move(page)); });
    LARDER_ASSIGN_OR_RETURN(ListPage page, answer.Wait());
    for (ListEntry& entry : page.entries) all.entries.push_back(std::move(entry));
    all.hidden_names += page.hidden_names;
    next = std::move(page.next_page);
  } while (!next.empty());
  JoinEntries(&all.entries);
  return all;
}

absl::StatusOr<Attributes> StatAndWait(ObjectStore& store, absl::string_view path,
                                       const RequestOptions& options) {
  Awaited<absl::StatusOr<Attributes>> answer;
  store.Stat(path, options,
             [&answer](absl::StatusOr<Attributes> found) { answer.Set(std::move(found)); });
  return answer.Wait();
}

absl::StatusOr<std::string> ReadAndWait(ObjectStore& store, absl::string_view path,
                                        const ObjectVersion& expected, ByteRange range,
                                        const RequestOptions& options) {
  if (range.empty()) return std::string();
  auto sink = std::make_shared<StringSink>(range);
  sink->SetTransfer(store.ReadRange(path, expected, range, options, sink));
  return sink->Wait();
}

}  // namespace larder::remote

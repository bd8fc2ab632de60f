// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_FAKE_STORE_H_
#define LARDER_TESTS_TESTING_FAKE_STORE_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "remote/object_store.h"

namespace larder::testing {

// A remote's names in memory, for tests of what asks for names: counts requests, fails or holds
// back answers as told. An answer says what was true when it was asked for, also when it was held
// back. Bytes are not its business (ReadRange is Unimplemented). Thread-safe.
class FakeStore : public remote::ObjectStore {
 public:
  // What its listings tell: S3 (versions with ETags), nginx's JSON (sizes and times; Stats have
  // ETags too), python's (names only).
  enum class Listings { kWithEtags, kWithTimes, kNamesOnly };
  explicit FakeStore(Listings listings = Listings::kWithEtags);
  ~FakeStore() override;

  // --- what is there; folders above come to be, and vanish with their last child ---
  void PutFile(absl::string_view path, uint64_t size, absl::string_view etag, absl::Time mtime);
  void PutFile(absl::string_view path, uint64_t size = 1, absl::string_view etag = "\"1\"") {
    PutFile(path, size, etag, absl::FromUnixSeconds(1'600'000'000));
  }
  void PutSymlink(absl::string_view path, absl::string_view target);
  void Remove(absl::string_view path);  // with all below

  // --- how it answers ---
  void SetPageEntries(size_t entries);
  // Requests from now on are answered with this; OK: as usual again.
  void Fail(absl::Status status);
  void FailPath(absl::string_view path, absl::Status status);
  // Answers wait until Release().
  void Hold();
  void Release();
  void ReleaseNewestFirst();

  // --- what was asked ---
  size_t stats() const;
  size_t stats_of(absl::string_view path) const;
  size_t lists() const;  // pages
  size_t lists_of(absl::string_view path) const;
  size_t waiting() const;  // held back
  // The options of the last request for `path`.
  remote::RequestOptions options_of(absl::string_view path) const;
  // Waits until so many answers are held back.
  void AwaitWaiting(size_t count) const;
  // Waits until every answer was given, and its receiver has returned. Nothing may be held back.
  void AwaitAnswered() const;

  std::shared_ptr<remote::Transfer> List(
      absl::string_view path, absl::string_view page, const remote::RequestOptions& options,
      std::function<void(absl::StatusOr<remote::ListPage>)> done) override;
  std::shared_ptr<remote::Transfer> Stat(
      absl::string_view path, const remote::RequestOptions& options,
      std::function<void(absl::StatusOr<remote::Attributes>)> done) override;
  std::shared_ptr<remote::Transfer> ReadRange(absl::string_view path,
                                              const remote::ObjectVersion& expected,
                                              ByteRange range,
                                              const remote::RequestOptions& options,
                                              std::shared_ptr<remote::RangeSink> sink) override;
  bool lists_versions() const override { return listings_ != Listings::kNamesOnly; }
  bool lists_etags() const override { return listings_ == Listings::kWithEtags; }
  std::string Url(absl::string_view path) const override;

 private:
  class Answer;

  absl::Status FailureOf(absl::string_view path) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<remote::Attributes> Find(absl::string_view path) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<remote::ListPage> FindPage(absl::string_view path, absl::string_view page) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  remote::ListEntry MakeListed(absl::string_view name, const remote::Attributes& seen) const;
  // `deliver` is called once: with OK, or Cancelled.
  std::shared_ptr<remote::Transfer> Enqueue(std::function<void(const absl::Status&)> deliver)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DeliverAll();

  const Listings listings_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::map<std::string, remote::Attributes, std::less<>> objects_ ABSL_GUARDED_BY(mutex_);
  size_t page_entries_ ABSL_GUARDED_BY(mutex_) = 1000;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Status, std::less<>> path_failures_ ABSL_GUARDED_BY(mutex_);
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  size_t stats_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t lists_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, size_t, std::less<>> stats_of_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, size_t, std::less<>> lists_of_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, remote::RequestOptions, std::less<>> options_of_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Answer>> answers_ ABSL_GUARDED_BY(mutex_);
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it uses the rest
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_FAKE_STORE_H_

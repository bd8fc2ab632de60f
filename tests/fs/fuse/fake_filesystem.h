// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_FS_FUSE_FAKE_FILESYSTEM_H_
#define LARDER_TESTS_FS_FUSE_FAKE_FILESYSTEM_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "cache/cached_object.h"
#include "fs/filesystem.h"

namespace larder::fuse {

// A file's content in memory. Reads are answered at once, later on another thread, or, while it is
// stalled, not at all.
class FakeObject final : public cache::CachedObject {
 public:
  FakeObject(std::string content, ThreadPool* pool) : content_(std::move(content)), pool_(pool) {}

  uint64_t Read(ByteRange range, cache::ReadCallback done) override;
  void Cancel(uint64_t ticket) override;
  void Touch() override { ++touches_; }
  void Warm(std::function<void(absl::Status)> done) override;
  remote::ObjectVersion version() const override {
    return {content_.size(), absl::UnixEpoch(), ""};
  }
  uint64_t cached_bytes() const override { return content_.size(); }
  std::optional<int> BackingFd() override {
    const int fd = backing_fd_;
    return fd < 0 ? std::nullopt : std::optional<int>(fd);
  }
  bool stale() const override { return false; }

  const std::string& content() const { return content_; }
  // Complete from now on, with this local copy behind it; -1: not.
  void SetBackingFd(int fd) { backing_fd_ = fd; }
  void SetStalled(bool stalled);
  void SetAsynchronous(bool asynchronous) { asynchronous_ = asynchronous; }
  void SetError(absl::Status error);
  int touches() const { return touches_; }
  int cancels() const { return cancels_; }
  size_t waiting() const;

 private:
  absl::StatusOr<cache::ReadBytes> Slice(ByteRange range);

  const std::string content_;
  ThreadPool* const pool_;
  std::atomic<int> backing_fd_{-1};
  std::atomic<bool> asynchronous_{false};
  std::atomic<int> touches_{0};
  std::atomic<int> cancels_{0};

  mutable Mutex mutex_;
  bool stalled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  struct Waiter {
    ByteRange range;
    cache::ReadCallback done;
  };
  std::map<uint64_t, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

// A tree in memory. Inode numbers are given in the order of Add.
class FakeFilesystem final : public fs::Filesystem {
 public:
  FakeFilesystem();
  ~FakeFilesystem() override { pool_.Drain(); }

  // Folders above must be there. Paths are relative, "" is the root.
  std::shared_ptr<FakeObject> AddFile(const std::string& path, std::string content);
  void AddFolder(const std::string& path);
  void AddSymlink(const std::string& path, std::string target);
  void Remove(const std::string& path);

  // Lookups of this name are not answered.
  void StallName(const std::string& name);
  // Listings of the folder of this name are not answered.
  void StallListing(const std::string& name);
  void SetValidFor(absl::Duration valid_for) { valid_for_ = valid_for; }
  // Listings give names only.
  void SetNamesOnly(bool names_only) { names_only_ = names_only; }
  void SetOpenError(absl::Status error);

  int listings() const { return listings_; }
  // Of all inodes but the root.
  int64_t lookup_count() const;
  fs::InodeNumber InodeOf(const std::string& path) const;

  uint64_t Lookup(fs::InodeNumber parent, absl::string_view name, NodeCallback done) override;
  void Forget(fs::InodeNumber inode, uint64_t count) override;
  uint64_t GetAttributes(fs::InodeNumber inode, NodeCallback done) override;
  absl::StatusOr<std::string> ReadLink(fs::InodeNumber inode) override;
  uint64_t ReadFolder(fs::InodeNumber folder, absl::string_view after, size_t limit, bool counted,
                      ReadFolderCallback done) override;
  absl::StatusOr<std::shared_ptr<cache::CachedObject>> Open(fs::InodeNumber inode) override;
  absl::StatusOr<std::string> GetExtendedAttribute(fs::InodeNumber inode,
                                                   absl::string_view name) override;
  std::vector<std::string> ListExtendedAttributes(fs::InodeNumber inode) override;
  void Cancel(uint64_t ticket) override;
  Totals totals() const override { return {3, 10000}; }
  fs::State state() const override { return fs::State::kOnline; }
  std::vector<fs::InodeNumber> SurplusInodes(size_t limit) override { return {}; }
  std::vector<KernelName> Refresh(absl::string_view path) override { return {}; }
  absl::Status Walk(absl::string_view path,
                    const std::function<absl::Status(const std::string& path, fs::InodeNumber inode,
                                                     uint64_t size)>& visit) override;
  void Shutdown() override {}

 private:
  using Visit = std::function<absl::Status(const std::string&, fs::InodeNumber, uint64_t)>;
  struct Entry {
    fs::InodeNumber inode = 0;
    fs::InodeNumber parent = 0;
    std::string name;
    remote::EntryKind kind = remote::EntryKind::kFile;
    std::string target;
    std::shared_ptr<FakeObject> object;
    int64_t lookups = 0;
    bool removed = false;
    std::map<std::string, fs::InodeNumber> children;
  };

  Entry& Add(const std::string& path, remote::EntryKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  fs::Node ToNode(const Entry& entry) const;
  absl::Status WalkBelow(fs::InodeNumber inode, const std::string& path, const Visit& visit);
  uint64_t Stall(std::function<void(absl::Status)> done) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  ThreadPool pool_{"fake-fs", 4};
  std::atomic<absl::Duration> valid_for_{absl::Seconds(60)};
  std::atomic<bool> names_only_{false};
  std::atomic<int> listings_{0};

  mutable Mutex mutex_;
  absl::Status open_error_ ABSL_GUARDED_BY(mutex_);
  std::map<fs::InodeNumber, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> stalled_names_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> stalled_listings_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, std::function<void(absl::Status)>> stalled_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace larder::fuse

#endif  // LARDER_TESTS_FS_FUSE_FAKE_FILESYSTEM_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_FS_FILESYSTEM_FIXTURE_H_
#define LARDER_TESTS_FS_FILESYSTEM_FIXTURE_H_

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "fs/filesystem.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "index/index.h"
#include "tests/testing/fake_cache.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_store.h"
#include "tests/testing/temp_dir.h"

namespace larder::fs {

using larder::testing::FakeStore;

// A filesystem over a fake store, a fake cache and a real index.
class FilesystemFixture : public ::testing::Test {
 protected:
  using NodeAnswer = absl::StatusOr<Node>;
  using EntriesAnswer = absl::StatusOr<std::vector<DirectoryEntry>>;

  explicit FilesystemFixture(FakeStore::Listings listings = FakeStore::Listings::kWithEtags)
      : store_(listings) {
    options_.source = "fake://bucket";
    options_.first_probe = absl::Hours(1);  // tests of probing set less
    options_.max_probe = absl::Hours(1);
    dataset_.id = 7;
    dataset_.store = &store_;
    dataset_.counters = &counters_;
  }
  ~FilesystemFixture() override { Close(); }

  void Open() {
    index::IndexOptions options;
    options.path = folder_.path() + "/index";
    auto index = index::Index::Open(options);
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *std::move(index);
    cache_ = std::make_unique<larder::testing::FakeCache>(index_.get());
    auto filesystem = Filesystem::Create(options_, cache_.get(), &dataset_, &clock_);
    ASSERT_TRUE(filesystem.ok()) << filesystem.status();
    filesystem_ = *std::move(filesystem);
  }
  void Close() {
    filesystem_ = nullptr;
    cache_ = nullptr;
    index_ = nullptr;
  }
  void Reopen() {
    Close();
    Open();
  }
  void ReopenWithoutIndex() {
    Close();
    std::filesystem::remove_all(folder_.path() + "/index");
    Open();
  }

  // An answer that may come later.
  struct PendingNode {
    uint64_t ticket = 0;
    std::future<NodeAnswer> answer;
    NodeAnswer Get() { return answer.get(); }
    bool ready() const {
      return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }
  };
  PendingNode StartLookup(InodeNumber parent, const std::string& name) {
    auto promise = std::make_shared<std::promise<NodeAnswer>>();
    PendingNode pending;
    pending.answer = promise->get_future();
    pending.ticket = filesystem_->Lookup(
        parent, name, [promise](NodeAnswer node) { promise->set_value(std::move(node)); });
    return pending;
  }
  NodeAnswer Lookup(InodeNumber parent, const std::string& name) {
    return StartLookup(parent, name).Get();
  }
  // Component by component, as the kernel does.
  NodeAnswer LookupPath(const std::string& path) {
    InodeNumber parent = kRootInode;
    size_t from = 0;
    while (true) {
      const size_t slash = path.find('/', from);
      NodeAnswer node = Lookup(parent, path.substr(from, slash - from));
      if (!node.ok() || slash == std::string::npos) return node;
      parent = node->inode;
      from = slash + 1;
    }
  }
  InodeNumber InodeOf(const std::string& path) {
    const NodeAnswer node = LookupPath(path);
    EXPECT_TRUE(node.ok()) << path << ": " << node.status();
    return node.ok() ? node->inode : 0;
  }

  std::future<EntriesAnswer> StartRead(InodeNumber folder, const std::string& after, size_t limit,
                                       bool counted = false) {
    auto promise = std::make_shared<std::promise<EntriesAnswer>>();
    filesystem_->ReadFolder(folder, after, limit, counted, [promise](EntriesAnswer entries) {
      promise->set_value(std::move(entries));
    });
    return promise->get_future();
  }
  EntriesAnswer Read(InodeNumber folder, const std::string& after = "", size_t limit = 100) {
    return StartRead(folder, after, limit).get();
  }
  // The names of a whole folder, read in parts of `limit`.
  std::vector<std::string> Names(InodeNumber folder, size_t limit = 100) {
    std::vector<std::string> names;
    std::string after;
    while (true) {
      const EntriesAnswer entries = Read(folder, after, limit);
      EXPECT_TRUE(entries.ok()) << entries.status();
      if (!entries.ok() || entries->empty()) return names;
      for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
      after = names.back();
    }
  }

  // For states that change on another thread with nothing to wait on: looks until it holds.
  template <typename Condition>
  static bool Eventually(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  larder::testing::TempDir folder_;
  larder::testing::FakeClock clock_;
  FakeStore store_;
  DatasetCounters counters_;
  cache::Dataset dataset_;
  FilesystemOptions options_;
  std::unique_ptr<index::Index> index_;
  std::unique_ptr<larder::testing::FakeCache> cache_;
  std::unique_ptr<Filesystem> filesystem_;
};

}  // namespace larder::fs

#endif  // LARDER_TESTS_FS_FILESYSTEM_FIXTURE_H_

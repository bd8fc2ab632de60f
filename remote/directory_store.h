// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_DIRECTORY_STORE_H_
#define LARDER_REMOTE_DIRECTORY_STORE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "base/metrics.h"
#include "remote/blocking_call.h"
#include "remote/blocking_pool.h"
#include "remote/directory_tree.h"
#include "remote/object_store.h"
#include "remote/timer_queue.h"

namespace larder::remote {

// ObjectStore over a folder of this machine: an NFS or Lustre mount, a disk. Versions
// (directory_tree.h) are checked with every read, before its bytes are handed on. List answers with
// the whole folder as one page. Files that are no regular ones are not shown. A thread that a dead
// server holds costs the others nothing.
class DirectoryStore : public ObjectStore {
 public:
  // System calls that may be stuck at a time before calls wait for one another. Each costs a stack
  // and a buffer of kReadBytes.
  static constexpr int kThreads = 32;
  // Bytes asked of the filesystem, and given to a sink, at a time.
  static constexpr size_t kReadBytes = 512 << 10;

  // `root`: absolute. Nothing is touched before the first call. `counters` is not owned.
  DirectoryStore(std::string root, DatasetCounters* counters);
  ~DirectoryStore() override;

  std::shared_ptr<Transfer> List(absl::string_view path, absl::string_view page,
                                 const RequestOptions& options,
                                 std::function<void(absl::StatusOr<ListPage>)> done) override;
  std::shared_ptr<Transfer> Stat(absl::string_view path, const RequestOptions& options,
                                 std::function<void(absl::StatusOr<Attributes>)> done) override;
  std::shared_ptr<Transfer> ReadRange(absl::string_view path, const ObjectVersion& expected,
                                      ByteRange range, const RequestOptions& options,
                                      std::shared_ptr<RangeSink> sink) override;
  bool lists_etags() const override { return true; }
  // file:///root/path
  std::string Url(absl::string_view path) const override;

 private:
  const std::shared_ptr<DirectoryTree> tree_;  // shared with threads that are stuck
  BlockingPool pool_;
  TimerQueue timers_;
  const BlockingCall::Context context_;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_DIRECTORY_STORE_H_

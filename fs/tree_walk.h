// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_FS_TREE_WALK_H_
#define LARDER_FS_TREE_WALK_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fs/catalog.h"
#include "fs/inode_table.h"

namespace larder::fs {

// Visits the files of a tree on the caller's thread, breadth first, folders in byte order. Folders
// to come are listed, and attributes that are not known are asked for, a few at a time ahead of the
// visits. One walk; not thread-safe.
class TreeWalk {
 public:
  using Visit =
      std::function<absl::Status(const std::string& path, InodeNumber inode, uint64_t size)>;

  // Not owned; both outlive it.
  TreeWalk(Catalog* catalog, InodeTable* inodes) : catalog_(catalog), inodes_(inodes) {}

  // As Filesystem::Walk. What vanishes during the walk is passed over.
  absl::Status Run(absl::string_view path, const Visit& visit);

  static constexpr size_t kListingsAhead = 8;
  static constexpr size_t kPage = 512;  // entries at a time; all of them may be asked for at once

 private:
  absl::Status VisitFolder(const std::string& folder, const Visit& visit);
  absl::Status VisitFile(const std::string& path, const Catalog::Entry& entry, const Visit& visit);
  // Fills in the attributes that names-only entries lack; drops those that are gone.
  absl::Status Complete(const std::string& folder, std::vector<Catalog::Entry>* entries);
  void ListAhead();

  Catalog* const catalog_;
  InodeTable* const inodes_;
  std::deque<std::string> folders_;  // to come
  size_t listed_ahead_ = 0;          // of these
};

}  // namespace larder::fs

#endif  // LARDER_FS_TREE_WALK_H_

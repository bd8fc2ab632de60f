// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "fs/fuse/attributes.h"
#include "fs/fuse/operations.h"
#include "fs/fuse/request.h"

namespace larder::fuse {
namespace {

// fuse_direntplus and fuse_dirent of linux/fuse.h, with a name of some 20 bytes: how many entries
// an answer is likely to hold. With longer names some are asked for in vain.
constexpr size_t kLikelyEntryBytes = 48;
constexpr size_t kLikelyEntryPlusBytes = 176;
// Of one answer: the kernel asks for a page to some hundred KiB.
constexpr size_t kMaxAnswerBytes = 1 << 20;
constexpr uint64_t kPassedOverAtOnce = 4096;
constexpr char const* kOwnNames[] = {".", ".."};

// One READDIR or READDIRPLUS.
struct FolderRead {
  FolderRead(fuse_req_t fuse_request, fuse_ino_t inode, size_t size, bool with_attributes)
      : request(std::make_shared<Request>(fuse_request)),
        connection(ConnectionOf(fuse_request)),
        folder(inode),
        plus(with_attributes),
        buffer(std::min(size, kMaxAnswerBytes)) {}

  size_t likely_entries() const {
    return std::max<size_t>(
        1, (buffer.size() - used) / (plus ? kLikelyEntryPlusBytes : kLikelyEntryBytes));
  }
  // False: there is no room.
  bool Add(const char* name, const fuse_entry_param& entry, uint64_t next_offset) {
    const size_t room = buffer.size() - used;
    char* const place = buffer.data() + used;
    const size_t needed =
        plus ? fuse_add_direntry_plus(request->fuse(), place, room, name, &entry, next_offset)
             : fuse_add_direntry(request->fuse(), place, room, name, &entry.attr, next_offset);
    if (needed > room) return false;
    used += needed;
    return true;
  }

  const std::shared_ptr<Request> request;
  Connection& connection;
  const fs::InodeNumber folder;
  const bool plus;
  // Filled by the one thread that has the answer.
  std::vector<char> buffer;
  size_t used = 0;
  FolderStreams::Position position;
};

fuse_entry_param ToEntry(const fs::DirectoryEntry& entry, const Connection& connection) {
  fuse_entry_param param = {};
  if (entry.has_node) {
    param.ino = entry.node.inode;
    param.attr = ToStat(entry.node, connection.options.ownership);
    param.attr_timeout = ToTimeout(entry.node.valid_for);
    param.entry_timeout = param.attr_timeout;
  } else {
    // Inode 0 of the entry: a name only, which the kernel looks up when it is asked about it.
    param.attr.st_mode = TypeOf(entry.kind);
  }
  param.attr.st_ino = entry.inode;
  return param;
}

void ForgetFrom(fs::Filesystem* filesystem, const std::vector<fs::DirectoryEntry>& entries,
                size_t first) {
  for (size_t i = first; i < entries.size(); ++i) {
    if (entries[i].has_node) filesystem->Forget(entries[i].node.inode, 1);
  }
}

// The kernel may keep a listing as long as its entries are good; one without attributes says
// nothing about that.
absl::Duration ValidFor(const std::vector<fs::DirectoryEntry>& entries) {
  absl::Duration valid_for = absl::InfiniteDuration();
  for (const fs::DirectoryEntry& entry : entries) {
    valid_for = std::min(valid_for, entry.has_node ? entry.node.valid_for : absl::ZeroDuration());
  }
  return entries.empty() ? absl::ZeroDuration() : valid_for;
}

void ReplyEntries(FolderRead& read, const std::vector<fs::DirectoryEntry>& entries) {
  Connection& connection = read.connection;
  const bool first = read.position.ordinal == 0;
  size_t added = 0;
  for (const fs::DirectoryEntry& entry : entries) {
    FolderStreams::Position next = read.position;
    const uint64_t offset = connection.streams.Advance(read.folder, &next, entry.name);
    if (!read.Add(entry.name.c_str(), ToEntry(entry, connection), offset)) break;
    read.position = std::move(next);
    ++added;
  }
  if (first) connection.listings.Set(read.folder, absl::Now() + ValidFor(entries));
  if (fuse_reply_buf(read.request->fuse(), read.buffer.data(), read.used) != 0) added = 0;
  if (read.plus) ForgetFrom(connection.filesystem, entries, added);
}

// Asks for what fits and answers with it. The ticket.
uint64_t Continue(const std::shared_ptr<FolderRead>& read) {
  fs::Filesystem* const filesystem = read->connection.filesystem;
  return filesystem->ReadFolder(
      read->folder, read->position.after, read->likely_entries(), read->plus,
      [read, filesystem](absl::StatusOr<std::vector<fs::DirectoryEntry>> answer) {
        auto entries =
            std::make_shared<absl::StatusOr<std::vector<fs::DirectoryEntry>>>(std::move(answer));
        read->request->Answer(
            [read = read.get(), entries] {
              if (entries->ok()) {
                ReplyEntries(*read, **entries);
              } else {
                ReplyStatus(read->request->fuse(), entries->status(), Subject::kInode);
              }
            },
            [filesystem, entries, plus = read->plus] {
              if (plus && entries->ok()) ForgetFrom(filesystem, **entries, 0);
            });
      });
}

// The offset is of a stream that is gone: as many names are passed over as it had given out, `left`
// of them still.
uint64_t PassOver(const std::shared_ptr<FolderRead>& read, uint64_t left) {
  return read->connection.filesystem->ReadFolder(
      read->folder, read->position.after, std::min(left, kPassedOverAtOnce), /*counted=*/false,
      [read, left](absl::StatusOr<std::vector<fs::DirectoryEntry>> entries) {
        if (!entries.ok()) {
          read->request->Answer([read = read.get(), status = entries.status()] {
            ReplyStatus(read->request->fuse(), status, Subject::kInode);
          });
        } else if (entries->empty()) {
          read->request->Answer(
              [read = read.get()] { fuse_reply_buf(read->request->fuse(), nullptr, 0); });
        } else {
          read->position.after = entries->back().name;
          const uint64_t passed = std::min<uint64_t>(left, entries->size());
          passed < left ? PassOver(read, left - passed) : Continue(read);
        }
      });
}

void ReadFolder(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, bool plus) {
  auto read = std::make_shared<FolderRead>(request, inode, size, plus);
  fs::Filesystem* const filesystem = read->connection.filesystem;
  for (uint64_t own = offset; own < FolderStreams::kOwnOffsets; ++own) {
    fuse_entry_param entry = {};
    entry.attr.st_mode = S_IFDIR;
    // The kernel knows what is above a folder; a reader only wants it not to be 0.
    entry.attr.st_ino = own == 0 ? inode : fs::kRootInode;
    read->Add(kOwnNames[own], entry, own + 1);
  }
  read->position = read->connection.streams.Resolve(inode, offset);
  const uint64_t ticket =
      read->position.known ? Continue(read) : PassOver(read, read->position.ordinal);
  read->request->Wait([filesystem, ticket] { filesystem->Cancel(ticket); });
}

void ReadNames(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info*) {
  ReadFolder(request, inode, size, offset, /*plus=*/false);
}

void ReadNamesAndAttributes(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset,
                            fuse_file_info*) {
  ReadFolder(request, inode, size, offset, /*plus=*/true);
}

void OpenFolder(fuse_req_t request, fuse_ino_t inode, fuse_file_info* file) {
  file->fh = 0;
  file->cache_readdir = 1;
  file->keep_cache = ConnectionOf(request).listings.MayKeep(inode, absl::Now()) ? 1 : 0;
  fuse_reply_open(request, file);
}

void ReleaseFolder(fuse_req_t request, fuse_ino_t, fuse_file_info*) { fuse_reply_err(request, 0); }

}  // namespace

void AddFolderOperations(fuse_lowlevel_ops* operations) {
  operations->opendir = &OpenFolder;
  operations->readdir = &ReadNames;
  operations->readdirplus = &ReadNamesAndAttributes;
  operations->releasedir = &ReleaseFolder;
}

}  // namespace larder::fuse

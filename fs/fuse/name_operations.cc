// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "fs/fuse/attributes.h"
#include "fs/fuse/operations.h"
#include "fs/fuse/request.h"

namespace larder::fuse {
namespace {

constexpr uint64_t kStatfsBlockBytes = 4096;

void ReplyEntry(fuse_req_t request, const absl::StatusOr<fs::Node>& node) {
  Connection& connection = ConnectionOf(request);
  fuse_entry_param entry = {};
  if (absl::IsNotFound(node.status())) {
    // Inode 0: there is no such name, and the kernel may remember that.
    entry.entry_timeout = ToTimeout(connection.options.negative_ttl);
    fuse_reply_entry(request, &entry);
    return;
  }
  if (!node.ok()) {
    ReplyStatus(request, node.status(), Subject::kName);
    return;
  }
  entry.ino = node->inode;
  entry.attr = ToStat(*node, connection.options.ownership);
  entry.attr_timeout = ToTimeout(node->valid_for);
  entry.entry_timeout = entry.attr_timeout;
  // Not received: the kernel will not forget it either.
  if (fuse_reply_entry(request, &entry) != 0) connection.filesystem->Forget(node->inode, 1);
}

void Lookup(fuse_req_t fuse_request, fuse_ino_t parent, const char* name) {
  Connection& connection = ConnectionOf(fuse_request);
  const absl::string_view wanted = name;
  if (wanted.size() > NAME_MAX) {
    fuse_reply_err(fuse_request, ENAMETOOLONG);
    return;
  }
  auto request = std::make_shared<Request>(fuse_request);
  fs::Filesystem* const filesystem = connection.filesystem;
  const uint64_t ticket =
      filesystem->Lookup(parent, wanted, [request, filesystem](absl::StatusOr<fs::Node> node) {
        const fs::InodeNumber counted = node.ok() ? node->inode : 0;
        request->Answer([request = request.get(),
                         node = std::move(node)] { ReplyEntry(request->fuse(), node); },
                        [filesystem, counted] {
                          if (counted != 0) filesystem->Forget(counted, 1);
                        });
      });
  request->Wait([filesystem, ticket] { filesystem->Cancel(ticket); });
}

void Forget(fuse_req_t request, fuse_ino_t inode, uint64_t count) {
  ConnectionOf(request).filesystem->Forget(inode, count);
  fuse_reply_none(request);
}

void ForgetMulti(fuse_req_t request, size_t count, fuse_forget_data* forgets) {
  fs::Filesystem* const filesystem = ConnectionOf(request).filesystem;
  for (size_t i = 0; i < count; ++i) filesystem->Forget(forgets[i].ino, forgets[i].nlookup);
  fuse_reply_none(request);
}

void ReplyAttributes(fuse_req_t request, const absl::StatusOr<fs::Node>& node) {
  if (!node.ok()) {
    ReplyStatus(request, node.status(), Subject::kInode);
    return;
  }
  const struct stat st = ToStat(*node, ConnectionOf(request).options.ownership);
  fuse_reply_attr(request, &st, ToTimeout(node->valid_for));
}

void GetAttributes(fuse_req_t fuse_request, fuse_ino_t inode, fuse_file_info*) {
  auto request = std::make_shared<Request>(fuse_request);
  fs::Filesystem* const filesystem = ConnectionOf(fuse_request).filesystem;
  const uint64_t ticket =
      filesystem->GetAttributes(inode, [request](absl::StatusOr<fs::Node> node) {
        request->Answer([request = request.get(), node = std::move(node)] {
          ReplyAttributes(request->fuse(), node);
        });
      });
  request->Wait([filesystem, ticket] { filesystem->Cancel(ticket); });
}

void ReadLink(fuse_req_t request, fuse_ino_t inode) {
  const absl::StatusOr<std::string> target = ConnectionOf(request).filesystem->ReadLink(inode);
  if (!target.ok()) {
    ReplyStatus(request, target.status(), Subject::kInode);
    return;
  }
  fuse_reply_readlink(request, target->c_str());
}

void StatFilesystem(fuse_req_t request, fuse_ino_t) {
  const fs::Filesystem::Totals totals = ConnectionOf(request).filesystem->totals();
  // All used, none free: it is read-only. What is not listed yet is not counted.
  struct statvfs st = {};
  st.f_bsize = kStatfsBlockBytes;
  st.f_frsize = kStatfsBlockBytes;
  st.f_blocks = (totals.size_bytes + kStatfsBlockBytes - 1) / kStatfsBlockBytes;
  st.f_files = totals.objects;
  st.f_namemax = NAME_MAX;
  fuse_reply_statfs(request, &st);
}

// getxattr(2) and listxattr(2): with size 0 the length, else all or ERANGE.
void ReplySized(fuse_req_t request, absl::string_view value, size_t size) {
  if (size == 0) {
    fuse_reply_xattr(request, value.size());
  } else if (value.size() > size) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, value.data(), value.size());
  }
}

void GetExtendedAttribute(fuse_req_t request, fuse_ino_t inode, const char* name, size_t size) {
  const absl::string_view wanted = name;
  // ls asks for security.* and system.* of every file.
  if (!absl::StartsWith(wanted, "user.")) {
    fuse_reply_err(request, ENODATA);
    return;
  }
  const absl::StatusOr<std::string> value =
      ConnectionOf(request).filesystem->GetExtendedAttribute(inode, wanted);
  if (!value.ok()) {
    ReplyStatus(request, value.status(), Subject::kAttribute);
    return;
  }
  ReplySized(request, *value, size);
}

void ListExtendedAttributes(fuse_req_t request, fuse_ino_t inode, size_t size) {
  std::string names;
  for (const std::string& name : ConnectionOf(request).filesystem->ListExtendedAttributes(inode)) {
    names.append(name);
    names.push_back('\0');
  }
  ReplySized(request, names, size);
}

}  // namespace

void AddNameOperations(fuse_lowlevel_ops* operations) {
  operations->lookup = &Lookup;
  operations->forget = &Forget;
  operations->forget_multi = &ForgetMulti;
  operations->getattr = &GetAttributes;
  operations->readlink = &ReadLink;
  operations->statfs = &StatFilesystem;
  operations->getxattr = &GetExtendedAttribute;
  operations->listxattr = &ListExtendedAttributes;
}

}  // namespace larder::fuse

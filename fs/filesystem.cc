// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/filesystem.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "fs/catalog.h"
#include "fs/identity.h"
#include "fs/inode_table.h"
#include "fs/path.h"
#include "fs/tree_walk.h"

namespace larder::fs {

using remote::EntryKind;

namespace {

constexpr absl::string_view kSourceAttribute = "user.larder.source";
constexpr absl::string_view kEtagAttribute = "user.larder.etag";
constexpr absl::string_view kCachedAttribute = "user.larder.cached";

absl::Status UnknownInode(InodeNumber number) {
  return absl::FailedPreconditionError(absl::StrCat("inode ", number, " was not looked up"));
}

// Folders of most remotes have no time; one that stays the same keeps what the kernel has of them
// good.
absl::Time ShownTime(absl::Time mtime) {
  return mtime == absl::InfinitePast() ? absl::UnixEpoch() : mtime;
}

Node MakeNode(InodeNumber number, const Inode& inode, absl::Duration valid_for) {
  uint64_t size = 0;
  if (inode.kind == EntryKind::kFile) size = inode.version.size;
  if (inode.kind == EntryKind::kSymlink) size = inode.link_target.size();
  return {.inode = number,
          .kind = inode.kind,
          .size = size,
          .mtime = ShownTime(inode.version.mtime),
          .valid_for = valid_for};
}

Inode MakeInode(std::string path, const Catalog::Entry& entry) {
  return {.path = std::move(path),
          .kind = KindOf(entry.record),
          .id = entry.id,
          .version = VersionOf(entry.record),
          .link_target = entry.record.link_target};
}

class CatalogFilesystem : public Filesystem {
 public:
  CatalogFilesystem(const FilesystemOptions& options, cache::Cache* cache,
                    const cache::Dataset* dataset, Clock* clock)
      : options_(options),
        cache_(cache),
        dataset_(dataset),
        inodes_(Identity(options.source, dataset->store->lists_etags()).OfFolder("")),
        catalog_({.source = options.source,
                  .dataset = dataset->id,
                  .freshness = {.ttl = options.metadata_ttl,
                                .negative_ttl = options.negative_ttl,
                                .immutable = options.immutable},
                  .deadline = options.deadline,
                  .revalidation_deadline = options.revalidation_deadline,
                  .first_probe = options.first_probe,
                  .max_probe = options.max_probe},
                 {.store = dataset->store,
                  .index = &cache->index(),
                  .inodes = &inodes_,
                  .counters = dataset->counters,
                  .clock = clock,
                  .admit = [cache](uint64_t bytes) { return cache->AdmitCatalog(bytes); },
                  .on_old_version = [cache](const Digest& id,
                                            bool replaced) { cache->Retire(id, replaced); }}) {}

  uint64_t Lookup(InodeNumber parent, absl::string_view name, NodeCallback done) override;
  std::vector<InodeNumber> SurplusInodes(size_t limit) override {
    const uint64_t live = inodes_.size();
    const uint64_t wanted = options_.max_inodes - options_.max_inodes / 16;
    if (live <= options_.max_inodes) return {};
    return inodes_.Oldest(std::min<uint64_t>(limit, live - wanted));
  }
  void Forget(InodeNumber inode, uint64_t count) override { inodes_.Forget(inode, count); }
  uint64_t GetAttributes(InodeNumber number, NodeCallback done) override;
  absl::StatusOr<std::string> ReadLink(InodeNumber number) override;
  uint64_t ReadFolder(InodeNumber folder, absl::string_view after, size_t limit, bool counted,
                      ReadFolderCallback done) override;
  absl::StatusOr<std::shared_ptr<cache::CachedObject>> Open(InodeNumber number) override;
  absl::StatusOr<std::string> GetExtendedAttribute(InodeNumber number,
                                                   absl::string_view name) override;
  std::vector<std::string> ListExtendedAttributes(InodeNumber number) override;
  void Cancel(uint64_t ticket) override { catalog_.Cancel(ticket); }
  Totals totals() const override {
    return {catalog_.tables().objects(), catalog_.tables().size_bytes()};
  }
  State state() const override { return catalog_.offline() ? State::kOffline : State::kOnline; }
  std::vector<KernelName> Refresh(absl::string_view path) override;
  absl::Status Walk(absl::string_view path,
                    const std::function<absl::Status(const std::string&, InodeNumber, uint64_t)>&
                        visit) override {
    return TreeWalk(&catalog_, &inodes_).Run(path, visit);
  }
  void Shutdown() override { catalog_.Shutdown(); }

 private:
  absl::StatusOr<Inode> Find(InodeNumber number, EntryKind kind);
  std::string EtagOf(InodeNumber number, const Inode& inode);
  std::vector<DirectoryEntry> MakeEntries(const std::string& folder,
                                          const std::vector<Catalog::Entry>& entries, bool counted);

  const FilesystemOptions options_;
  cache::Cache* const cache_;
  const cache::Dataset* const dataset_;
  InodeTable inodes_;
  Catalog catalog_;
};

absl::StatusOr<Inode> CatalogFilesystem::Find(InodeNumber number, EntryKind kind) {
  std::optional<Inode> inode = inodes_.Find(number);
  if (!inode) return UnknownInode(number);
  if (inode->kind != kind) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", inode->path, "' is of another kind than is asked for"));
  }
  return *std::move(inode);
}

uint64_t CatalogFilesystem::Lookup(InodeNumber parent, absl::string_view name, NodeCallback done) {
  const absl::StatusOr<Inode> folder = Find(parent, EntryKind::kFolder);
  if (!folder.ok()) {
    done(folder.status());
    return 0;
  }
  if (!IsLegalName(name)) {
    done(absl::NotFoundError(name));
    return 0;
  }
  const std::string path = JoinPath(folder->path, name);
  return catalog_.Lookup(
      path, [this, path, done = std::move(done)](absl::StatusOr<Catalog::Entry> entry) {
        if (!entry.ok()) return done(entry.status());
        const Inode inode = MakeInode(path, *entry);
        done(MakeNode(inodes_.Add(inode), inode, entry->valid_for));
      });
}

uint64_t CatalogFilesystem::GetAttributes(InodeNumber number, NodeCallback done) {
  const std::optional<Inode> inode = inodes_.Find(number);
  if (!inode) {
    done(UnknownInode(number));
  } else {
    done(MakeNode(number, *inode,
                  options_.immutable ? absl::InfiniteDuration() : options_.metadata_ttl));
  }
  return 0;
}

absl::StatusOr<std::string> CatalogFilesystem::ReadLink(InodeNumber number) {
  LARDER_ASSIGN_OR_RETURN(const Inode inode, Find(number, EntryKind::kSymlink));
  return inode.link_target;
}

std::vector<DirectoryEntry> CatalogFilesystem::MakeEntries(
    const std::string& folder, const std::vector<Catalog::Entry>& entries, bool counted) {
  std::vector<DirectoryEntry> shown;
  shown.reserve(entries.size());
  // A name alone costs no inode.
  const bool names_only = counted && inodes_.size() > options_.max_inodes * 5 / 4;
  for (const Catalog::Entry& entry : entries) {
    DirectoryEntry& one = shown.emplace_back();
    one.name = entry.name;
    one.kind = KindOf(entry.record);
    one.inode = std::max<InodeNumber>(entry.id.prefix(), kRootInode + 1);
    one.has_node = entry.has_attributes && !names_only;
    if (!one.has_node) continue;
    const Inode inode = MakeInode(JoinPath(folder, entry.name), entry);
    if (counted) one.inode = inodes_.Add(inode);
    one.node = MakeNode(one.inode, inode, entry.valid_for);
  }
  return shown;
}

uint64_t CatalogFilesystem::ReadFolder(InodeNumber number, absl::string_view after, size_t limit,
                                       bool counted, ReadFolderCallback done) {
  const absl::StatusOr<Inode> folder = Find(number, EntryKind::kFolder);
  if (!folder.ok()) {
    done(folder.status());
    return 0;
  }
  return catalog_.ReadFolder(folder->path, after, limit,
                             [this, path = folder->path, counted, done = std::move(done)](
                                 const absl::StatusOr<std::vector<Catalog::Entry>>& entries) {
                               if (!entries.ok()) return done(entries.status());
                               done(MakeEntries(path, *entries, counted));
                             });
}

absl::StatusOr<std::shared_ptr<cache::CachedObject>> CatalogFilesystem::Open(InodeNumber number) {
  LARDER_ASSIGN_OR_RETURN(const Inode inode, Find(number, EntryKind::kFile));
  if (inode.old) {
    return absl::FailedPreconditionError(absl::StrCat("'", inode.path, "' has another version"));
  }
  std::shared_ptr<cache::CachedObject> object = inodes_.FindObject(number);
  if (object == nullptr) {
    auto opened = cache_->Open(*dataset_, {inode.id, inode.path, inode.version});
    if (absl::IsFailedPrecondition(opened.status())) {
      catalog_.tables().Doubt(inode.path, inode.id);
    }
    if (!opened.ok()) return opened.status();
    object = *std::move(opened);
    inodes_.SetObject(number, object);
  }
  if (object->stale()) {
    // The next lookup asks the remote; the kernel makes one as soon as it sees this error.
    catalog_.tables().Doubt(inode.path, inode.id);
    return absl::FailedPreconditionError(absl::StrCat("'", inode.path, "' has another version"));
  }
  return object;
}

std::string CatalogFilesystem::EtagOf(InodeNumber number, const Inode& inode) {
  const std::shared_ptr<cache::CachedObject> object = inodes_.FindObject(number);
  if (object != nullptr) {
    std::string etag = object->version().etag;
    if (!etag.empty()) return etag;
  }
  return inode.version.etag;
}

absl::StatusOr<std::string> CatalogFilesystem::GetExtendedAttribute(InodeNumber number,
                                                                    absl::string_view name) {
  const std::optional<Inode> inode = inodes_.Find(number);
  if (!inode) return UnknownInode(number);
  if (inode->kind != EntryKind::kSymlink && name == kSourceAttribute) {
    return dataset_->store->Url(inode->path);
  }
  if (inode->kind == EntryKind::kFile && name == kEtagAttribute) {
    std::string etag = EtagOf(number, *inode);
    if (!etag.empty()) return etag;
  }
  if (inode->kind == EntryKind::kFile && name == kCachedAttribute) {
    const std::shared_ptr<cache::CachedObject> object = inodes_.FindObject(number);
    return absl::StrCat(object != nullptr ? object->cached_bytes()
                                          : cache_->CachedBytes(inode->id));
  }
  return absl::NotFoundError(name);
}

std::vector<std::string> CatalogFilesystem::ListExtendedAttributes(InodeNumber number) {
  std::vector<std::string> names;
  const std::optional<Inode> inode = inodes_.Find(number);
  if (!inode || inode->kind == EntryKind::kSymlink) return names;
  names.emplace_back(kSourceAttribute);
  if (inode->kind != EntryKind::kFile) return names;
  if (!EtagOf(number, *inode).empty()) names.emplace_back(kEtagAttribute);
  names.emplace_back(kCachedAttribute);
  return names;
}

std::vector<Filesystem::KernelName> CatalogFilesystem::Refresh(absl::string_view path) {
  catalog_.Refresh(path);
  std::vector<KernelName> names;
  inodes_.ForEachBelow(path, [&](InodeNumber number, const Inode& inode, InodeNumber parent) {
    names.push_back({.parent = parent,
                     .name = std::string(Split(inode.path).name),
                     .inode = number,
                     .kind = inode.kind});
  });
  return names;
}

absl::Status CheckOptions(const FilesystemOptions& options) {
  if (options.source.empty()) return absl::InvalidArgumentError("the source is empty");
  if (options.metadata_ttl < absl::ZeroDuration() || options.negative_ttl < absl::ZeroDuration()) {
    return absl::InvalidArgumentError("a TTL can't be negative");
  }
  if (options.deadline <= absl::ZeroDuration() ||
      options.revalidation_deadline <= absl::ZeroDuration() ||
      options.first_probe <= absl::ZeroDuration() || options.max_probe < options.first_probe) {
    return absl::InvalidArgumentError("deadlines and waits must be positive");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Filesystem>> Filesystem::Create(const FilesystemOptions& options,
                                                               cache::Cache* cache,
                                                               const cache::Dataset* dataset,
                                                               Clock* clock) {
  LARDER_RETURN_IF_ERROR(CheckOptions(options));
  return std::make_unique<CatalogFilesystem>(options, cache, dataset, clock);
}

}  // namespace larder::fs

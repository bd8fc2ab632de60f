// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/power_cut_disk.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <utility>

#include "base/file.h"
#include "gtest/gtest.h"

namespace larder::testing {
namespace {

// RocksDB writes some paths with two slashes.
std::string Normal(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

std::string FolderOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

bool Chance(double probability, std::mt19937_64& random) {
  return std::uniform_real_distribution<>(0, 1)(random) < probability;
}

template <typename T>
const T& OneOf(const std::vector<T>& choices, std::mt19937_64& random) {
  return choices[random() % choices.size()];
}

void Put(uint64_t offset, std::string_view bytes, std::string* content) {
  if (content->size() < offset + bytes.size()) content->resize(offset + bytes.size());
  content->replace(offset, bytes.size(), bytes);
}

// Pages of zeros become holes.
void WriteSparsely(const std::string& path, const std::string& content) {
  constexpr size_t kPage = 4096;
  static const std::string kZeros(kPage, '\0');
  const auto file = File::Open(path, O_RDWR | O_CREAT | O_TRUNC);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Truncate(content.size()).ok());
  for (size_t at = 0; at < content.size(); at += kPage) {
    const std::string_view page = std::string_view(content).substr(at, kPage);
    if (page == std::string_view(kZeros).substr(0, page.size())) continue;
    ASSERT_TRUE(file->WriteAt(at, page).ok());
  }
}

}  // namespace

PowerCutDisk::PowerCutDisk(std::string folder) : folder_(Normal(folder)) {
  if (!std::filesystem::exists(folder_)) return;
  MutexLock lock(&mutex_);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    if (!entry.is_regular_file()) continue;
    auto content = std::make_shared<Content>();
    auto bytes = ReadFileToString(entry.path(), SIZE_MAX);
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    if (bytes.ok()) content->durable = *std::move(bytes);
    content->synced = true;
    names_[entry.path()] = content;
  }
  durable_names_ = names_;
}

void PowerCutDisk::FailAfter(uint64_t changes) {
  MutexLock lock(&mutex_);
  changes_left_ = changes;
}

void PowerCutDisk::FailAfterSyncs(uint64_t syncs) {
  MutexLock lock(&mutex_);
  syncs_left_ = syncs;
}

void PowerCutDisk::FailNow() {
  MutexLock lock(&mutex_);
  failed_ = true;
}

bool PowerCutDisk::Counts(bool sync) {
  if (changes_left_ == 0 || (sync && syncs_left_ == 0)) failed_ = true;
  if (failed_) return false;
  --changes_left_;
  if (sync) --syncs_left_;
  return true;
}

void PowerCutDisk::Before(const FileChange& change) {
  const std::string path = Normal(change.path);
  MutexLock lock(&mutex_);
  if (!Counts(change.kind == FileChange::Kind::kSync)) return;
  const auto found = names_.find(path);
  if (found == names_.end()) return;
  const std::shared_ptr<Content> content = found->second;
  Begun begun;
  begun.content = content;
  switch (change.kind) {
    case FileChange::Kind::kCreate:
    case FileChange::Kind::kPreallocate:
      return;
    case FileChange::Kind::kUnlink:
      name_changes_.push_back({NameChange::Kind::kRemoved, path, "", content});
      names_.erase(found);
      return;
    case FileChange::Kind::kSync:
      for (const auto& pending : content->pending) {
        if (pending->done) begun.changes.push_back(pending);
      }
      break;
    case FileChange::Kind::kWrite:
    case FileChange::Kind::kPunch:
    case FileChange::Kind::kTruncate:
      content->pending.push_back(std::make_shared<Pending>(
          Pending{change.kind, change.range, {change.bytes.begin(), change.bytes.end()}}));
      begun.changes.push_back(content->pending.back());
      break;
  }
  begun_[std::this_thread::get_id()] = std::move(begun);
}

void PowerCutDisk::After(const FileChange& change, const absl::Status& result) {
  const std::string path = Normal(change.path);
  MutexLock lock(&mutex_);
  if (failed_) return;
  if (!result.ok() && !absl::IsNotFound(result)) {
    ++errors_;
    std::cout << "a change failed: " << result << std::endl;
  }
  if (change.kind == FileChange::Kind::kCreate) {
    if (!result.ok() || names_.contains(path)) return;
    names_[path] = std::make_shared<Content>();
    name_changes_.push_back({NameChange::Kind::kMade, path, "", names_[path]});
    return;
  }
  const auto found = begun_.find(std::this_thread::get_id());
  if (found == begun_.end()) return;
  const Begun begun = std::move(found->second);
  begun_.erase(found);
  if (!result.ok()) return;
  for (const auto& one : begun.changes) one->done = true;
  if (change.kind != FileChange::Kind::kSync) return;
  begun.content->synced = true;
  for (const auto& one : begun.changes) {
    // Another sync of the same file may have been quicker.
    if (std::erase(begun.content->pending, one) > 0) Apply(*one, &begun.content->durable);
  }
}

void PowerCutDisk::Renamed(const std::string& from, const std::string& to) {
  MutexLock lock(&mutex_);
  if (!Counts(false)) return;
  const auto found = names_.find(Normal(from));
  if (found == names_.end()) return;
  const NameChange change{NameChange::Kind::kRenamed, Normal(from), Normal(to), found->second};
  name_changes_.push_back(change);
  Apply(change, &names_);
}

bool PowerCutDisk::SyncFolder(const std::string& folder, const std::function<bool()>& sync) {
  size_t count = 0;
  {
    MutexLock lock(&mutex_);
    if (Counts(true)) count = name_changes_.size();
  }
  if (!sync()) return false;
  MutexLock lock(&mutex_);
  if (failed_) return true;
  const std::string path = Normal(folder + "/.");
  std::vector<NameChange> left;
  for (size_t i = 0; i < name_changes_.size(); ++i) {
    if (i < count && Normal(FolderOf(name_changes_[i].path) + "/.") == path) {
      Apply(name_changes_[i], &durable_names_);
    } else {
      left.push_back(std::move(name_changes_[i]));
    }
  }
  name_changes_ = std::move(left);
  return true;
}

void PowerCutDisk::Apply(const Pending& change, std::string* content) {
  switch (change.kind) {
    case FileChange::Kind::kWrite:
      Put(change.range.offset, change.bytes, content);
      break;
    case FileChange::Kind::kPunch: {
      const ByteRange hole = change.range.ClampTo(content->size());
      if (!hole.empty()) content->replace(hole.offset, hole.length, hole.length, '\0');
      break;
    }
    case FileChange::Kind::kTruncate:
      content->resize(change.range.offset);
      break;
    default:
      break;
  }
}

void PowerCutDisk::Apply(const NameChange& change, Names* names) {
  const auto at_path = names->find(change.path);
  const bool is_there = at_path != names->end() && at_path->second == change.content;
  switch (change.kind) {
    case NameChange::Kind::kMade:
      (*names)[change.path] = change.content;
      break;
    case NameChange::Kind::kRemoved:
      if (is_there) names->erase(at_path);
      break;
    case NameChange::Kind::kRenamed:
      if (is_there) names->erase(at_path);
      (*names)[change.to] = change.content;
      break;
  }
}

void PowerCutDisk::ApplyInPart(const Pending& change, double lost, std::mt19937_64& random,
                               std::string* content) {
  const bool write = change.kind == FileChange::Kind::kWrite;
  if (write && Chance(0.3, random)) {
    const size_t sector = OneOf<size_t>({512, 4096}, random);
    for (size_t at = 0; at < change.bytes.size();) {
      // Sectors are those of the file, not of the write.
      const size_t n =
          std::min<size_t>(sector - (change.range.offset + at) % sector, change.bytes.size() - at);
      if (!Chance(lost, random)) {
        Put(change.range.offset + at, std::string_view(change.bytes).substr(at, n), content);
      }
      at += n;
    }
  } else if (!Chance(lost, random)) {
    Apply(change, content);
  } else if (write && change.range.end() > content->size() && Chance(0.3, random)) {
    // The file's size came to the disk, its bytes did not.
    const size_t from = content->size();
    content->resize(change.range.end());
    if (Chance(0.3, random)) {
      std::generate(content->begin() + static_cast<ptrdiff_t>(from), content->end(),
                    [&] { return static_cast<char>(random()); });
    }
  }
}

std::string PowerCutDisk::Left(const Content& content, std::mt19937_64& random) {
  // Of some files nearly nothing is lost, of some nearly everything.
  const double lost = OneOf<double>({0.05, 0.5, 0.95}, random);
  std::string left = content.durable;
  for (const auto& change : content.pending) ApplyInPart(*change, lost, random, &left);
  return left;
}

void PowerCutDisk::MakeImage(const std::string& target, std::mt19937_64& random) {
  MutexLock lock(&mutex_);
  failed_ = true;
  const double names_lost = OneOf<double>({0.05, 0.5}, random);
  Names names = durable_names_;
  for (const NameChange& change : name_changes_) {
    // Most filesystems bring a file's name to the disk with its bytes, but none has to.
    const bool rarely = change.kind == NameChange::Kind::kMade && change.content->synced;
    if (!Chance(rarely ? 0.03 : names_lost, random)) Apply(change, &names);
  }
  // Whatever has been a folder once is one still.
  for (const char* const sub : {"", "/index", "/objects", "/packs"}) {
    std::filesystem::create_directories(target + sub);
  }
  std::filesystem::copy_file(folder_ + "/VERSION", target + "/VERSION",
                             std::filesystem::copy_options::overwrite_existing);
  for (const auto& [path, content] : names) {
    WriteSparsely(target + path.substr(folder_.size()), Left(*content, random));
  }
}

}  // namespace larder::testing

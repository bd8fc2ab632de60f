// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/remote/folder_fixtures.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

constexpr int64_t kFirstTime = 1'600'000'000;
constexpr char kFolderName[] = "data 100%";

std::string DeadUrl() {
  return absl::StrCat("http://127.0.0.1:", testing::FreeLoopbackPort(), "/folder/");
}

void Write(const std::string& place, absl::string_view bytes) {
  auto file = File::Open(place, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->WriteAt(0, bytes).ok());
}

void SetTime(const std::string& place, timespec time) {
  const timespec times[2] = {time, time};
  ASSERT_EQ(utimensat(AT_FDCWD, place.c_str(), times, 0), 0) << place;
}

template <typename T>
std::unique_ptr<T> Started(absl::StatusOr<std::unique_ptr<T>> server) {
  EXPECT_TRUE(server.ok()) << server.status();
  return server.ok() ? *std::move(server) : nullptr;
}

}  // namespace

FolderFixture::FolderFixture() : root_(absl::StrCat(folder_.path(), "/", kFolderName)) {
  std::filesystem::create_directory(root_);
}

std::string FolderFixture::Place(absl::string_view path) const {
  return absl::StrCat(root_, "/", path);
}

void FolderFixture::PutObject(absl::string_view path, absl::string_view bytes) {
  const std::string place = Place(path);
  std::filesystem::create_directories(std::filesystem::path(place).parent_path());
  Write(place, bytes);
  SetTime(place, {.tv_sec = kFirstTime + ++puts_, .tv_nsec = 0});
}

void FolderFixture::RemoveObject(absl::string_view path) {
  EXPECT_TRUE(std::filesystem::remove(Place(path)));
}

bool FolderFixture::MakeFolder(absl::string_view path) {
  return std::filesystem::create_directories(Place(path));
}

std::unique_ptr<ObjectStore> FolderFixture::OpenSource(const std::string& source,
                                                       DatasetCounters* counters) const {
  StoreOptions options;
  options.source = source;
  auto store = OpenStore(options, counters);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

void DirectoryFixture::ReplaceObject(absl::string_view path, absl::string_view bytes) {
  struct stat before;
  ASSERT_EQ(stat(Place(path).c_str(), &before), 0);
  struct stat now;
  // Until the filesystem's clock has moved on: its ticks may be milliseconds.
  do {
    Write(Place(path), bytes);
    SetTime(Place(path), before.st_mtim);
    ASSERT_EQ(stat(Place(path).c_str(), &now), 0);
  } while (now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
}

NginxFixture::NginxFixture(testing::NginxListing listing) : listing_(listing) {
  if (!Unavailable().empty()) return;
  testing::NginxOptions options;
  options.root = std::filesystem::path(root()).parent_path();
  options.listing = listing;
  server_ = Started(testing::NginxServer::Start(options));
}

std::unique_ptr<ObjectStore> NginxFixture::Open(DatasetCounters* counters) {
  return OpenSource(absl::StrCat(server_->url(), "/", PercentEncode(kFolderName), "/"), counters);
}

std::unique_ptr<ObjectStore> NginxFixture::OpenDead(DatasetCounters* counters) {
  return OpenSource(DeadUrl(), counters);
}

PythonFixture::PythonFixture()
    : server_(
          Started(testing::PythonHttpServer::Start(std::filesystem::path(root()).parent_path()))) {}

std::unique_ptr<ObjectStore> PythonFixture::Open(DatasetCounters* counters) {
  return OpenSource(absl::StrCat(server_->url(), "/", PercentEncode(kFolderName)), counters);
}

std::unique_ptr<ObjectStore> PythonFixture::OpenDead(DatasetCounters* counters) {
  return OpenSource(DeadUrl(), counters);
}

BraceFixture::BraceFixture() {
  if (!Unavailable().empty()) return;
  testing::NginxOptions options;
  options.root = root();
  options.listing = testing::NginxListing::kOff;
  server_ = Started(testing::NginxServer::Start(options));
}

std::string BraceFixture::Source() const {
  std::vector<std::string> names = {"never-there"};  // a list has at least two
  for (const auto& entry : std::filesystem::directory_iterator(root())) {
    names.insert(names.begin(), PercentEncode(entry.path().filename().string()));
  }
  return absl::StrCat("/{", absl::StrJoin(names, ","), "}");
}

std::unique_ptr<ObjectStore> BraceFixture::Open(DatasetCounters* counters) {
  return OpenSource(server_->url() + Source(), counters);
}

std::unique_ptr<ObjectStore> BraceFixture::OpenDead(DatasetCounters* counters) {
  return OpenSource(absl::StrCat("http://127.0.0.1:", testing::FreeLoopbackPort(), Source()),
                    counters);
}

}  // namespace larder::remote

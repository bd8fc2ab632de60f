// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/mount/model_fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/testing/disk_usage.h"

namespace larder::testing {
namespace {

constexpr absl::Duration kTtl = absl::Milliseconds(150);
// Names, and their absence, may be believed for one TTL by the daemon and one more by the kernel.
constexpr absl::Duration kSlack = absl::Milliseconds(450);

// Not all of them fit into the smallest cache there is.
constexpr const char* kFiles[] = {"small-0",     "small-1",    "sub/small-2", "sub/deep/small-3",
                                  "large-0",     "large-1",    "large-2",     "sub/large-3",
                                  "sub/large-4", "sub/large-5"};
constexpr const char* kFolders[] = {"", "sub", "sub/deep"};
constexpr size_t kSlots = 5;
constexpr uint64_t kQuotaBytes = 32 << 20;

size_t SizeFor(absl::string_view path, uint64_t choice) {
  constexpr size_t kEdges[] = {0, 1, 4096, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20};
  if (choice % 8 == 0) return kEdges[choice / 8 % std::size(kEdges)];
  const bool large = path.find("large") != absl::string_view::npos;
  return 1 + choice % (large ? 9'000'000 : 300'000);
}

std::string Describe(const std::vector<ContentPtr>& possible) {
  return absl::StrJoin(possible, ", ", [](std::string* out, const ContentPtr& one) {
    absl::StrAppend(out, one == nullptr ? "nothing"
                                        : absl::StrCat("content ", one->number, " of ",
                                                       one->bytes.size(), " bytes"));
  });
}

}  // namespace

void ModelTest::SetUp() {
  MountTest::SetUp();
  if (IsSkipped() || GetParam() != std::string("nginx")) return;
  if (const std::string reason = NginxServer::Unavailable(); !reason.empty()) {
    GTEST_SKIP() << reason;
  }
  auto server = NginxServer::Start({.root = remote_});
  ASSERT_TRUE(server.ok()) << server.status();
  nginx_ = *std::move(server);
  source_ = nginx_->url() + "/";
}

ModelTest::Failure ModelTest::Run(const std::vector<Step>& steps) {
  Begin();
  Failure failure;
  for (size_t i = 0; i < steps.size() && !failure; ++i) {
    failure = Do(steps[i]);
    if (const uint64_t used = DiskUsage(cache_); !failure && used > kQuotaBytes) {
      failure = absl::StrCat("the cache takes ", used, " bytes of ", kQuotaBytes);
    }
    if (failure) failure = absl::StrCat("step ", i, ", ", steps[i].ToString(), ": ", *failure);
  }
  if (!failure) {
    failure = ExpectAllCurrent();
    if (failure) failure = absl::StrCat("at the end: ", *failure);
  }
  CloseAll();
  if (daemon_ != nullptr) Unmount();
  return failure;
}

void ModelTest::Begin() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(remote_)) {
    std::filesystem::remove_all(entry.path(), error);
  }
  std::filesystem::remove_all(cache_, error);
  model_ = std::make_unique<RemoteModel>(kSlack);
  by_inode_.clear();
  open_.assign(kSlots, {});
  std::filesystem::create_directories(RemotePath("sub/deep"));
  uint64_t choice = 1;
  for (const char* path : kFiles) WriteContent(path, choice += 2'345'679, /*replace=*/true);
  MountSmall();
}

void ModelTest::MountSmall() {
  Mount({"--cache-size", absl::StrCat(kQuotaBytes), "--min-free", "0", "--metadata-ttl",
         absl::StrCat(absl::ToInt64Milliseconds(kTtl), "ms")});
}

void ModelTest::WriteContent(const std::string& path, uint64_t choice, bool replace) {
  auto content = std::make_shared<Content>();
  content->number = ++contents_;
  // Often of the same size, which alone tells nothing then.
  const ContentPtr before = model_->Current(path);
  const size_t size =
      before != nullptr && choice % 3 == 0 ? before->bytes.size() : SizeFor(path, choice);
  content->bytes = Pattern(size, static_cast<unsigned>(contents_));
  // nginx would send the bytes of a new content under the head of the old one.
  replace = replace || nginx_ != nullptr;
  const std::string full = RemotePath(path);
  const std::string written = replace ? remote_ + "/../new" : full;
  std::ofstream(written, std::ios::binary | std::ios::trunc) << content->bytes;
  // Its versions are told by seconds and size.
  const timespec time = {.tv_sec = 1'700'000'000 + contents_, .tv_nsec = 0};
  const timespec times[] = {time, time};
  utimensat(AT_FDCWD, written.c_str(), times, 0);
  if (replace) std::filesystem::rename(written, full);
  model_->Changed(path, std::move(content), absl::Now());
}

ModelTest::Failure ModelTest::Do(const Step& step) {
  OpenFile* const file = &open_[step.slot % kSlots];
  // What is open is what changes most often: there it matters.
  const bool of_slot = file->fd >= 0 && step.kind != Step::Kind::kOpen && step.from % 4 != 0;
  const std::string path = of_slot ? file->path : kFiles[step.file % std::size(kFiles)];
  switch (step.kind) {
    case Step::Kind::kOpen:
      CloseFile(file);
      return Open(file, path);
    case Step::Kind::kClose:
      CloseFile(file);
      return std::nullopt;
    case Step::Kind::kReadFile:
      return ReadFile(path);
    case Step::Kind::kStat:
      return StatPath(path);
    case Step::Kind::kList:
      return ListFolder(kFolders[step.file % std::size(kFolders)]);
    case Step::Kind::kWrite:
    case Step::Kind::kReplace:
      WriteContent(path, step.size, step.kind == Step::Kind::kReplace);
      return std::nullopt;
    case Step::Kind::kRemove:
      if (unlink(RemotePath(path).c_str()) == 0) model_->Changed(path, nullptr, absl::Now());
      return std::nullopt;
    case Step::Kind::kWait:
      absl::SleepFor(kSlack);
      return std::nullopt;
    case Step::Kind::kWarm:
    case Step::Kind::kEvict:
    case Step::Kind::kRefresh:
    case Step::Kind::kVerify:
      return Command(step, path);
    case Step::Kind::kRestart:
    case Step::Kind::kKill:
      return Restart(step.kind == Step::Kind::kKill);
    default:
      break;
  }
  if (file->fd < 0) return std::nullopt;
  size_t longest = 0;
  for (const ContentPtr& one : file->possible) longest = std::max(longest, one->bytes.size());
  switch (step.kind) {
    case Step::Kind::kRead:
      return ReadRange(file, step.from % (longest + 2), step.size % 600'000);
    case Step::Kind::kReadAllOfOpen:
      return ReadAllOf(file);
    case Step::Kind::kReadInParallel:
      return ReadInParallel(file, step);
    case Step::Kind::kMap:
      return Map(file, step);
    case Step::Kind::kDropPages:
      posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
      return std::nullopt;
    default:
      return "a step that nobody knows";
  }
}

ModelTest::Failure ModelTest::Open(OpenFile* file, const std::string& path) {
  const std::vector<ContentPtr> possible = model_->Possible(path, absl::Now());
  const int fd = open(Path(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const bool may_be_absent =
        std::find(possible.begin(), possible.end(), nullptr) != possible.end();
    if (errno == ENOENT && may_be_absent) return std::nullopt;
    return absl::StrCat("open of ", path, ": ", strerror(errno), ", expected ", Describe(possible));
  }
  file->fd = fd;
  file->path = path;
  struct stat st;
  if (fstat(fd, &st) != 0) return absl::StrCat("fstat of ", path, ": ", strerror(errno));
  for (const ContentPtr& one : possible) {
    if (one != nullptr && static_cast<off_t>(one->bytes.size()) == st.st_size) {
      file->possible.push_back(one);
    }
  }
  if (file->possible.empty()) {
    return absl::StrCat(path, " has ", st.st_size, " bytes, expected ", Describe(possible));
  }
  return CheckInode(file);
}

ModelTest::Failure ModelTest::CheckInode(OpenFile* file) {
  struct stat st;
  if (fstat(file->fd, &st) != 0) return absl::StrCat("fstat: ", strerror(errno));
  const auto [known, made] = by_inode_.try_emplace(st.st_ino, file->possible);
  std::erase_if(known->second, [&](const ContentPtr& one) {
    return std::find(file->possible.begin(), file->possible.end(), one) == file->possible.end();
  });
  if (!known->second.empty()) return std::nullopt;
  return absl::StrCat("the inode of ", file->path, " stood for another content before");
}

ModelTest::Failure ModelTest::Judge(OpenFile* file, uint64_t from, size_t size, ssize_t n,
                                    int error_number, const char* bytes) {
  const ContentPtr current = model_->Current(file->path);
  const bool may_be_old = std::any_of(file->possible.begin(), file->possible.end(),
                                      [&](const ContentPtr& one) { return one != current; });
  if (n < 0) {
    if (error_number == ESTALE && may_be_old) return std::nullopt;
    return absl::StrCat("reading ", size, " bytes at ", from, " of ", file->path, ": ",
                        strerror(error_number), ", it may be ", Describe(file->possible));
  }
  const std::vector<ContentPtr> before = file->possible;
  std::erase_if(file->possible, [&](const ContentPtr& one) {
    const size_t left = one->bytes.size() - std::min<size_t>(from, one->bytes.size());
    const size_t expected = std::min(size, left);
    const auto got = static_cast<size_t>(n);
    // What is old may end where its cached part ends; the next read then says so.
    const bool fits = got == expected || (one != current && got > 0 && got < expected);
    return !fits || (got > 0 && memcmp(one->bytes.data() + from, bytes, got) != 0);
  });
  if (!file->possible.empty()) return CheckInode(file);
  return absl::StrCat("the ", n, " bytes at ", from, " of ", file->path, " (of ", size,
                      " asked for) are not those of ", Describe(before));
}

ModelTest::Failure ModelTest::ReadRange(OpenFile* file, uint64_t from, size_t size) {
  std::string bytes(size, '\0');
  const ssize_t n = pread(file->fd, bytes.data(), size, static_cast<off_t>(from));
  return Judge(file, from, size, n, errno, bytes.data());
}

ModelTest::Failure ModelTest::ReadAllOf(OpenFile* file) {
  constexpr size_t kAtATime = 128 << 10;
  const size_t size = file->possible.front()->bytes.size();
  for (uint64_t from = 0; from <= size && !file->possible.empty(); from += kAtATime) {
    if (Failure failure = ReadRange(file, from, kAtATime)) return failure;
  }
  return std::nullopt;
}

ModelTest::Failure ModelTest::ReadInParallel(OpenFile* file, const Step& step) {
  struct Part {
    uint64_t from = 0;
    std::string bytes;
    ssize_t n = 0;
    int error_number = 0;
  };
  std::vector<Part> parts(6);
  std::mt19937_64 random(step.from);
  const size_t size = file->possible.front()->bytes.size();
  for (Part& part : parts) {
    part.from = random() % (size + 1);
    part.bytes.resize(random() % 1'500'000);
  }
  std::vector<std::thread> readers;
  for (Part& part : parts) {
    readers.emplace_back([&part, fd = file->fd] {
      part.n = pread(fd, part.bytes.data(), part.bytes.size(), static_cast<off_t>(part.from));
      part.error_number = errno;
    });
  }
  for (std::thread& reader : readers) reader.join();
  for (const Part& part : parts) {
    Failure failure =
        Judge(file, part.from, part.bytes.size(), part.n, part.error_number, part.bytes.data());
    if (failure) return failure;
  }
  return std::nullopt;
}

ModelTest::Failure ModelTest::Map(OpenFile* file, const Step& step) {
  const size_t size = file->possible.front()->bytes.size();
  if (size == 0) return std::nullopt;
  void* const mapped = mmap(nullptr, size, PROT_READ, MAP_SHARED, file->fd, 0);
  if (mapped == MAP_FAILED) return absl::StrCat("mmap: ", strerror(errno));
  // Copied by the kernel, so that a page that can't be had is an error and no signal.
  const int copy = memfd_create("copy", MFD_CLOEXEC);
  Failure failure;
  std::mt19937_64 random(step.from);
  for (int i = 0; i < 4 && !failure; ++i) {
    const uint64_t from = random() % size;
    const size_t wanted = std::min<size_t>(1 + random() % 300'000, size - from);
    const ssize_t copied = pwrite(copy, static_cast<const char*>(mapped) + from, wanted, 0);
    // A part of it: the rest could not be had.
    const size_t got = copied < 0 ? 0 : static_cast<size_t>(copied);
    std::string bytes(got, '\0');
    if (pread(copy, bytes.data(), got, 0) != copied && copied >= 0) failure = "reading the copy";
    if (!failure && got > 0) {
      failure = Judge(file, from, got, static_cast<ssize_t>(got), 0, bytes.data());
    }
    if (!failure && got < wanted) failure = Judge(file, from, wanted, -1, ESTALE, nullptr);
  }
  close(copy);
  munmap(mapped, size);
  return failure;
}

ModelTest::Failure ModelTest::ReadFile(const std::string& path) {
  OpenFile file;
  Failure failure = Open(&file, path);
  if (!failure && file.fd >= 0) failure = ReadAllOf(&file);
  CloseFile(&file);
  return failure;
}

ModelTest::Failure ModelTest::StatPath(const std::string& path) {
  const std::vector<ContentPtr> possible = model_->Possible(path, absl::Now());
  struct stat st;
  const bool there = stat(Path(path).c_str(), &st) == 0;
  if (!there && errno != ENOENT) return absl::StrCat("stat of ", path, ": ", strerror(errno));
  for (const ContentPtr& one : possible) {
    if (one == nullptr ? !there : there && static_cast<off_t>(one->bytes.size()) == st.st_size) {
      return std::nullopt;
    }
  }
  return absl::StrCat("stat of ", path, ": ",
                      there ? absl::StrCat(st.st_size, " bytes") : std::string("nothing"),
                      ", expected ", Describe(possible));
}

ModelTest::Failure ModelTest::ListFolder(const std::string& folder) {
  const absl::Time now = absl::Now();
  const std::vector<std::string> listed = ListAll(Path(folder));
  std::set<std::string> names(listed.begin(), listed.end());
  if (names.size() != listed.size()) return absl::StrCat("a name comes twice in ", folder);
  for (const std::string& path : model_->Paths()) {
    const size_t slash = path.rfind('/');
    if ((slash == std::string::npos ? "" : path.substr(0, slash)) != folder) continue;
    const bool there = names.erase(path.substr(slash + 1)) > 0;
    const std::vector<ContentPtr> possible = model_->Possible(path, now);
    const bool fits = std::any_of(possible.begin(), possible.end(),
                                  [&](const ContentPtr& one) { return (one != nullptr) == there; });
    if (!fits) return absl::StrCat(path, there ? " is still listed" : " is not listed");
  }
  for (const char* known : kFolders) {
    const std::string sub = std::filesystem::path(known).filename();
    if (std::filesystem::path(known).parent_path() == folder && !sub.empty()) names.erase(sub);
  }
  if (names.empty()) return std::nullopt;
  return absl::StrCat(*names.begin(), " is listed in '", folder, "' and was never there");
}

ModelTest::Failure ModelTest::Command(const Step& step, const std::string& path) {
  switch (step.kind) {
    // These may have nothing to work on, or no room: only what is read afterwards counts.
    case Step::Kind::kWarm:
      Larder({"warm", Path(path)});
      return std::nullopt;
    case Step::Kind::kEvict:
      Larder({"evict", step.size % 4 == 0 ? Path() : Path(path)});
      return std::nullopt;
    case Step::Kind::kRefresh: {
      const Ended ended = Larder({"refresh", Path()});
      if (ended.exit_status != 0) return ended.errors;
      model_->Refreshed(absl::Now());
      return std::nullopt;
    }
    default: {
      const Ended ended = Larder({"verify", mountpoint_});
      if (ended.exit_status == 0) return std::nullopt;
      return absl::StrCat(ended.errors, ended.output);
    }
  }
}

ModelTest::Failure ModelTest::Restart(bool kill) {
  CloseAll();
  if (kill) {
    Kill();
  } else {
    Unmount();
  }
  MountSmall();
  return daemon_ == nullptr ? Failure("it does not mount again") : std::nullopt;
}

ModelTest::Failure ModelTest::ExpectAllCurrent() {
  absl::SleepFor(kSlack);
  for (const char* path : kFiles) {
    if (Failure failure = ReadFile(path)) return failure;
  }
  for (const char* folder : kFolders) {
    if (Failure failure = ListFolder(folder)) return failure;
  }
  return std::nullopt;
}

}  // namespace larder::testing

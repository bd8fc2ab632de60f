// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/index/power_cut_file_system.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <functional>
#include <utility>

namespace larder::index {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using testing::PowerCutDisk;
using Kind = FileChange::Kind;

IOStatus Tell(PowerCutDisk* disk, const FileChange& change,
              const std::function<IOStatus()>& make_change) {
  disk->Before(change);
  IOStatus status = make_change();
  disk->After(change, status.ok() ? absl::OkStatus() : absl::UnknownError(status.ToString()));
  return status;
}

class TellingFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  TellingFile(std::unique_ptr<rocksdb::FSWritableFile> file, PowerCutDisk* disk, std::string path,
              uint64_t end)
      : FSWritableFileOwnerWrapper(std::move(file)),
        disk_(disk),
        path_(std::move(path)),
        end_(end) {}

  IOStatus Append(const Slice& bytes, const IOOptions& options, IODebugContext* dbg) override {
    const FileChange change{
        Kind::kWrite, path_, {end_, bytes.size()}, {bytes.data(), bytes.size()}};
    end_ += bytes.size();
    return Tell(disk_, change, [&] { return target()->Append(bytes, options, dbg); });
  }
  IOStatus Append(const Slice& bytes, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&, IODebugContext* dbg) override {
    return Append(bytes, options, dbg);
  }
  IOStatus PositionedAppend(const Slice& bytes, uint64_t offset, const IOOptions& options,
                            IODebugContext* dbg) override {
    const FileChange change{
        Kind::kWrite, path_, {offset, bytes.size()}, {bytes.data(), bytes.size()}};
    return Tell(disk_, change,
                [&] { return target()->PositionedAppend(bytes, offset, options, dbg); });
  }
  IOStatus PositionedAppend(const Slice& bytes, uint64_t offset, const IOOptions& options,
                            const rocksdb::DataVerificationInfo&, IODebugContext* dbg) override {
    return PositionedAppend(bytes, offset, options, dbg);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* dbg) override {
    return Tell(disk_, {Kind::kTruncate, path_, {size, 0}},
                [&] { return target()->Truncate(size, options, dbg); });
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    return Tell(disk_, {Kind::kSync, path_}, [&] { return target()->Sync(options, dbg); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Tell(disk_, {Kind::kSync, path_}, [&] { return target()->Fsync(options, dbg); });
  }

 private:
  PowerCutDisk* const disk_;
  const std::string path_;
  uint64_t end_;
};

class TellingFolder : public rocksdb::FSDirectoryWrapper {
 public:
  TellingFolder(std::unique_ptr<rocksdb::FSDirectory> folder, PowerCutDisk* disk, std::string path)
      : FSDirectoryWrapper(std::move(folder)), disk_(disk), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return SyncBy([&] { return FSDirectoryWrapper::Fsync(options, dbg); });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const rocksdb::DirFsyncOptions& what) override {
    return SyncBy([&] { return FSDirectoryWrapper::FsyncWithDirOptions(options, dbg, what); });
  }

 private:
  IOStatus SyncBy(const std::function<IOStatus()>& sync) {
    IOStatus status;
    disk_->SyncFolder(path_, [&] {
      status = sync();
      return status.ok();
    });
    return status;
  }

  PowerCutDisk* const disk_;
  const std::string path_;
};

class PowerCutFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit PowerCutFileSystem(PowerCutDisk* disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}

  const char* Name() const override { return "PowerCutFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* dbg) override {
    IOStatus status = Tell(disk_, {Kind::kCreate, path},
                           [&] { return target()->NewWritableFile(path, options, file, dbg); });
    if (!status.ok()) return status;
    // One that was there before is empty now.
    const FileChange empty{Kind::kTruncate, path};
    disk_->Before(empty);
    disk_->After(empty, absl::OkStatus());
    *file = std::make_unique<TellingFile>(std::move(*file), disk_, path, 0);
    return status;
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext* dbg) override {
    IOStatus status = Tell(disk_, {Kind::kCreate, path},
                           [&] { return target()->ReopenWritableFile(path, options, file, dbg); });
    if (!status.ok()) return status;
    const uint64_t end = (*file)->GetFileSize(IOOptions(), dbg);
    *file = std::make_unique<TellingFile>(std::move(*file), disk_, path, end);
    return status;
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* folder,
                        IODebugContext* dbg) override {
    IOStatus status = target()->NewDirectory(path, options, folder, dbg);
    if (status.ok()) *folder = std::make_unique<TellingFolder>(std::move(*folder), disk_, path);
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* dbg) override {
    disk_->Renamed(from, to);
    return target()->RenameFile(from, to, options, dbg);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* dbg) override {
    return Tell(disk_, {Kind::kUnlink, path},
                [&] { return target()->DeleteFile(path, options, dbg); });
  }

 private:
  PowerCutDisk* const disk_;
};

}  // namespace

std::shared_ptr<rocksdb::Env> MakePowerCutEnv(PowerCutDisk* disk) {
  return rocksdb::NewCompositeEnv(std::make_shared<PowerCutFileSystem>(disk));
}

}  // namespace larder::index

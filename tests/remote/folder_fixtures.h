// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_REMOTE_FOLDER_FIXTURES_H_
#define LARDER_TESTS_REMOTE_FOLDER_FIXTURES_H_

#include <memory>
#include <string>

#include "remote/store_factory.h"
#include "tests/remote/store_fixture.h"
#include "tests/testing/nginx_server.h"
#include "tests/testing/python_http_server.h"
#include "tests/testing/temp_dir.h"

namespace larder::remote {

// What all remotes that show a folder of this machine have in common. The folder's name has a blank
// and a '%' in it.
class FolderFixture : public StoreFixture {
 public:
  FolderFixture();

  void PutObject(absl::string_view path, absl::string_view bytes) override;
  void ReplaceObject(absl::string_view path, absl::string_view bytes) override {
    PutObject(path, bytes);
  }
  void RemoveObject(absl::string_view path) override;
  bool MakeFolder(absl::string_view path) override;

  const std::string& root() const { return root_; }

 protected:
  // The file's place on this machine.
  std::string Place(absl::string_view path) const;
  std::unique_ptr<ObjectStore> OpenSource(const std::string& source,
                                          DatasetCounters* counters) const;

 private:
  testing::TempDir folder_;
  const std::string root_;
  int puts_ = 0;  // each has its own modification time, seconds apart
};

class DirectoryFixture : public FolderFixture {
 public:
  // Keeps the modification time, as `cp -p` does.
  void ReplaceObject(absl::string_view path, absl::string_view bytes) override;
  std::unique_ptr<ObjectStore> Open(DatasetCounters* counters) override {
    return OpenSource(root(), counters);
  }
  std::unique_ptr<ObjectStore> OpenDead(DatasetCounters*) override { return nullptr; }
};

class NginxFixture : public FolderFixture {
 public:
  explicit NginxFixture(testing::NginxListing listing);

  std::string Unavailable() const override { return testing::NginxServer::Unavailable(); }
  std::unique_ptr<ObjectStore> Open(DatasetCounters* counters) override;
  std::unique_ptr<ObjectStore> OpenDead(DatasetCounters* counters) override;
  bool lists_versions() const override { return listing_ == testing::NginxListing::kJson; }
  // nginx leaves names that start with a dot out of its listings.
  bool CanHold(absl::string_view name) const override { return name[0] != '.'; }

 private:
  const testing::NginxListing listing_;
  std::unique_ptr<testing::NginxServer> server_;
};

class PythonFixture : public FolderFixture {
 public:
  PythonFixture();

  std::unique_ptr<ObjectStore> Open(DatasetCounters* counters) override;
  std::unique_ptr<ObjectStore> OpenDead(DatasetCounters* counters) override;
  bool lists_versions() const override { return false; }
  bool has_ranges() const override { return false; }
  // It finds no files whose names are not UTF-8.
  bool CanHold(absl::string_view name) const override { return name[0] != '\xff'; }

 private:
  std::unique_ptr<testing::PythonHttpServer> server_;
};

// nginx without listings, and a URL whose braces are a list of all that was put before Open().
class BraceFixture : public FolderFixture {
 public:
  BraceFixture();

  std::string Unavailable() const override { return testing::NginxServer::Unavailable(); }
  std::unique_ptr<ObjectStore> Open(DatasetCounters* counters) override;
  std::unique_ptr<ObjectStore> OpenDead(DatasetCounters* counters) override;
  bool lists_versions() const override { return false; }
  bool has_folders() const override { return false; }

 private:
  std::string Source() const;
  std::unique_ptr<testing::NginxServer> server_;
};

}  // namespace larder::remote

#endif  // LARDER_TESTS_REMOTE_FOLDER_FIXTURES_H_

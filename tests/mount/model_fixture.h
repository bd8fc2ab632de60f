// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_MOUNT_MODEL_FIXTURE_H_
#define LARDER_TESTS_MOUNT_MODEL_FIXTURE_H_

#include <sys/types.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/mount/model.h"
#include "tests/mount/mount_fixture.h"
#include "tests/testing/nginx_server.h"

namespace larder::testing {

// Runs sequences of steps through the real mount, with a RemoteModel beside it that knows what may
// be seen.
class ModelTest : public MountTest, public ::testing::WithParamInterface<const char*> {
 protected:
  // The parameter is the kind of remote that serves the files: "folder" or "nginx".
  void SetUp() override;
  // What is wrong; nullopt: nothing.
  using Failure = std::optional<std::string>;

  void TearDown() override {
    CloseAll();
    MountTest::TearDown();
  }

  // Runs one sequence from an empty cache and a fresh remote.
  Failure Run(const std::vector<Step>& steps);

 private:
  struct OpenFile {
    int fd = -1;
    std::string path;
    std::vector<ContentPtr> possible;  // what it may have opened, by all that was seen of it
  };

  void Begin();

  void MountSmall();

  void WriteContent(const std::string& path, uint64_t choice, bool replace);

  Failure Do(const Step& step);
  Failure Open(OpenFile* file, const std::string& path);
  Failure ReadRange(OpenFile* file, uint64_t from, size_t size);
  Failure ReadAllOf(OpenFile* file);
  Failure ReadInParallel(OpenFile* file, const Step& step);
  Failure Map(OpenFile* file, const Step& step);
  Failure StatPath(const std::string& path);
  Failure ListFolder(const std::string& folder);
  Failure ReadFile(const std::string& path);
  Failure Command(const Step& step, const std::string& path);
  Failure Restart(bool kill);
  Failure ExpectAllCurrent();
  // Bytes that were read at `from`, or the error: what the file may be by that.
  Failure Judge(OpenFile* file, uint64_t from, size_t size, ssize_t n, int error_number,
                const char* bytes);
  Failure CheckInode(OpenFile* file);

  void CloseFile(OpenFile* file) {
    if (file->fd >= 0) close(file->fd);
    *file = {};
  }
  void CloseAll() {
    for (OpenFile& file : open_) CloseFile(&file);
  }

  std::unique_ptr<NginxServer> nginx_;
  std::unique_ptr<RemoteModel> model_;
  int contents_ = 0;
  std::vector<OpenFile> open_;
  // What each inode number was seen to stand for: one content for ever.
  std::map<ino_t, std::vector<ContentPtr>> by_inode_;
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_MOUNT_MODEL_FIXTURE_H_

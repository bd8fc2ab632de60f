// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// The command line: its exit statuses, what it says when something is wrong, and the life of a
// daemon.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daemon/runtime_folder.h"
#include "tests/mount/mount_fixture.h"

namespace larder::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CommandTest : public MountTest {
 protected:
  // `larder mount` with these, which has to fail with one line that holds `text`.
  void ExpectMountFails(const std::vector<std::string>& arguments, int exit_status,
                        const std::string& text) {
    std::vector<std::string> all = {"mount"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Ended ended = Larder(all);
    EXPECT_EQ(ended.exit_status, exit_status) << ended.errors;
    EXPECT_THAT(ended.errors, AllOf(StartsWith("larder: "), HasSubstr(text)));
    EXPECT_EQ(std::count(ended.errors.begin(), ended.errors.end(), '\n'), 1) << ended.errors;
  }
  // The daemon in the background that serves the mountpoint.
  pid_t DaemonPid() { return Status()["pid"].get<pid_t>(); }
  static bool IsGone(pid_t pid) {
    // Not waited for: it is another's child.
    std::ifstream status(absl::StrCat("/proc/", pid, "/stat"));
    std::string text((std::istreambuf_iterator<char>(status)), std::istreambuf_iterator<char>());
    return text.empty() || text.find(") Z ") != std::string::npos;
  }
};

TEST_F(CommandTest, HelpAndVersion) {
  Ended ended = Larder({"--version"});
  EXPECT_EQ(ended.exit_status, 0);
  EXPECT_THAT(ended.output, StartsWith("larder "));
  ended = Larder({"mount", "--help"});
  EXPECT_EQ(ended.exit_status, 0);
  for (const char* option :
       {"--cache-dir", "--cache-size",   "--min-free",    "--memory",    "--metadata-ttl",
        "--immutable", "--endpoint-url", "--region",      "--profile",   "--anonymous",
        "--ca-bundle", "--header-file",  "--netrc-file",  "--uid",       "--gid",
        "--umask",     "--allow-other",  "--passthrough", "--readahead", "--log-level",
        "-f",          "s3://bucket"}) {
    EXPECT_THAT(ended.output, HasSubstr(option));
  }
}

TEST_F(CommandTest, WrongUsageIsStatus2) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"fly"},
                                             {"mount"},
                                             {"mount", source_},
                                             {"mount", source_, mountpoint_, "--what"},
                                             {"mount", source_, mountpoint_, "more"},
                                             {"mount", "ftp://x/y", mountpoint_},
                                             {"mount", source_, mountpoint_, "--cache-size=1XB"},
                                             {"umount"},
                                             {"warm"},
                                             {"status", "--jsn"}}) {
    const Ended ended = Larder(arguments);
    EXPECT_EQ(ended.exit_status, 2) << ended.errors;
    EXPECT_THAT(ended.errors, StartsWith("larder: "));
    EXPECT_EQ(std::count(ended.errors.begin(), ended.errors.end(), '\n'), 1) << ended.errors;
  }
}

TEST_F(CommandTest, BadMountpointsAreNamed) {
  ExpectMountFails({source_, folder_.path() + "/missing"}, 1, "does not exist; mkdir it first");
  ExpectMountFails({source_, folder_.path() + "/no/missing"}, 1, "No such file");
  const std::string full = folder_.path() + "/full";
  std::filesystem::create_directory(full);
  std::ofstream(full + "/file") << "x";
  ExpectMountFails({source_, full + "/file"}, 1, "is not a folder");
  ExpectMountFails({source_, full}, 1, "is not empty (it holds file)");
  ExpectMountFails({source_, RemotePath("mnt")}, 2, "lies in the source");
  ASSERT_EQ(::mount("other", mountpoint_.c_str(), "tmpfs", 0, nullptr), 0) << strerror(errno);
  ExpectMountFails({source_, mountpoint_}, 1, "is a mountpoint already, of other (tmpfs)");
  umount2(mountpoint_.c_str(), 0);
  Mount();
  ExpectMountFails({source_, mountpoint_}, 1, absl::StrCat("larder umount ", mountpoint_));
}

TEST_F(CommandTest, BadSourcesAreNamed) {
  ExpectMountFails({remote_ + "-missing", mountpoint_, "--cache-dir", cache_}, 1, "missing");
  EXPECT_FALSE(std::filesystem::exists(cache_)) << "no cache is made for a typing error";
  ExpectMountFails({"http://127.0.0.1:1/data/", mountpoint_, "--cache-dir", cache_}, 1,
                   "127.0.0.1");
}

TEST_F(CommandTest, BadCacheFoldersAreNamed) {
  std::filesystem::create_directory(cache_);
  std::ofstream(cache_ + "/thesis.tex") << "precious";
  ExpectMountFails({source_, mountpoint_, "--cache-dir", cache_}, 1, cache_);
  EXPECT_EQ(ReadAll(cache_ + "/thesis.tex"), "precious");
  std::filesystem::remove_all(cache_);

  Mount();
  const std::string other = folder_.path() + "/other";
  std::filesystem::create_directory(other);
  ExpectMountFails({source_, other, "--cache-dir", cache_}, 1, absl::StrCat(daemon_->pid()));
  Kill();
  Mount();  // the lock went with the process
}

TEST_F(CommandTest, ACacheOfAnotherReleaseIsRefusedUntilItIsDropped) {
  WriteRemote("file", Pattern(100'000));
  Mount();
  EXPECT_EQ(ReadAll(Path("file")), Pattern(100'000));
  Ended ended = Larder({"drop-cache", "--cache-dir", cache_});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("in use"));
  Unmount();
  std::ofstream(cache_ + "/VERSION") << "larder cache format 7\n";
  const std::string way_on = absl::StrCat("larder drop-cache --cache-dir ", cache_);
  ExpectMountFails({source_, mountpoint_, "--cache-dir", cache_}, 1, way_on);
  ended = Larder({"verify", "--cache-dir", cache_});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr(way_on));
  ended = Larder({"drop-cache", "--cache-dir", cache_});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  Mount();
  EXPECT_EQ(ReadAll(Path("file")), Pattern(100'000));
  EXPECT_EQ(Dataset()["remote_bytes"], 100'000) << "nothing was taken over";
}

TEST_F(CommandTest, UmountByAnyoneEndsTheDaemonWithStatus0) {
  WriteRemote("file", "x");
  Mount();
  EXPECT_EQ(ReadAll(Path("file")), "x");
  Unmount();
  EXPECT_FALSE(std::filesystem::exists(SocketLink(runtime_, mountpoint_)));
}

TEST_F(CommandTest, SignalsEndTheDaemonWithStatus0) {
  WriteRemote("file", "x");
  for (const int signal : {SIGTERM, SIGINT}) {
    Mount();
    const int fd = open(Path("file").c_str(), O_RDONLY);  // in use: unmounted all the same
    ASSERT_GE(fd, 0);
    daemon_->Signal(signal);
    const auto ended = daemon_->Wait();
    ASSERT_TRUE(ended.has_value());
    EXPECT_EQ(ended->exit_status, 0) << ended->errors;
    daemon_ = nullptr;
    close(fd);
    EXPECT_TRUE(ListAll(Path()).empty()) << "nothing is mounted any more";
  }
}

TEST_F(CommandTest, ADaemonInTheBackgroundIsReadyWhenMountReturns) {
  WriteRemote("file", "content");
  // Options may stand after the operands.
  const Ended mounted = Larder({"mount", source_, mountpoint_, "--cache-dir", cache_});
  ASSERT_EQ(mounted.exit_status, 0) << mounted.errors;
  EXPECT_EQ(mounted.errors, "");
  EXPECT_EQ(ReadAll(Path("file")), "content");
  const pid_t pid = DaemonPid();
  EXPECT_EQ(getsid(pid), pid);
  const Ended unmounted = Larder({"umount", mountpoint_});
  EXPECT_EQ(unmounted.exit_status, 0) << unmounted.errors;
  EXPECT_TRUE(IsGone(pid));
  EXPECT_TRUE(ListAll(Path()).empty());
  EXPECT_THAT(ReadAll(absl::StrCat(runtime_, "/", EscapeMountpoint(mountpoint_), ".log")),
              HasSubstr("mounted "));
}

TEST_F(CommandTest, UmountSaysWhatIsWrong) {
  Ended ended = Larder({"umount", mountpoint_});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("is not mounted"));
  ended = Larder({"umount", "/proc"});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("is no larder mount"));
  WriteRemote("file", "x");
  Mount();
  const int fd = open(Path("file").c_str(), O_RDONLY);
  ended = Larder({"umount", mountpoint_});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("is in use"));
  close(fd);
  EXPECT_TRUE(Eventually([&] { return Larder({"umount", mountpoint_}).exit_status == 0; }));
  EXPECT_EQ(daemon_->Wait()->exit_status, 0);
  daemon_ = nullptr;
}

TEST_F(CommandTest, WhatADeadDaemonLeftIsTakenAway) {
  WriteRemote("file", "x");
  for (const bool by_umount : {true, false}) {
    Mount();
    daemon_->Signal(SIGKILL);
    ASSERT_TRUE(daemon_->Wait().has_value());
    daemon_ = nullptr;
    struct stat st;
    EXPECT_NE(stat(Path("file").c_str(), &st), 0);
    if (by_umount) {
      EXPECT_EQ(Larder({"umount", mountpoint_}).exit_status, 0);
    }
    EXPECT_EQ(Larder({"status"}).exit_status, 0);
  }
  Mount();
  EXPECT_EQ(ReadAll(Path("file")), "x");
}

TEST_F(CommandTest, StatusShowsEveryDaemon) {
  Ended ended = Larder({"status"});
  EXPECT_EQ(ended.exit_status, 0);
  EXPECT_EQ(ended.output, "nothing is mounted\n");
  EXPECT_EQ(Larder({"status", "--json"}).output, "[]\n");
  ended = Larder({"status", mountpoint_});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("no larder daemon serves"));

  WriteRemote("file", Pattern(100'000));
  Mount();
  ReadAll(Path("file"));
  ended = Larder({"status", mountpoint_});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(ended.output, AllOf(HasSubstr(source_), HasSubstr(mountpoint_), HasSubstr("online"),
                                  HasSubstr("passthrough  on")));
  const auto json = Status();
  EXPECT_EQ(json["pid"], daemon_->pid());
  EXPECT_EQ(json["cache"]["dir"], cache_);
  EXPECT_EQ(json["datasets"].size(), 1);
  EXPECT_EQ(json["datasets"][0]["read_bytes"], 100'000);
  EXPECT_EQ(json["datasets"][0]["opens"], 1);
  EXPECT_EQ(nlohmann::json::parse(Larder({"status", "--json"}).output).size(), 1);
}

TEST_F(CommandTest, StatusDoesNotHangOnADaemonThatDoes) {
  Mount();
  daemon_->Signal(SIGSTOP);
  const Ended one = Larder({"status", mountpoint_});
  EXPECT_EQ(one.exit_status, 1);
  EXPECT_THAT(one.errors, HasSubstr("no answer in time"));
  const Ended all = Larder({"status"});
  EXPECT_EQ(all.exit_status, 0);
  EXPECT_THAT(all.errors, HasSubstr("passed over"));
  daemon_->Signal(SIGCONT);
}

TEST_F(CommandTest, WarmFetchesAllBelow) {
  for (int i = 0; i < 40; ++i) WriteRemote(absl::StrCat("a/b/", i), Pattern(50'000 + i, i));
  WriteRemote("a/large", Pattern(12'000'000));
  WriteRemote("other", Pattern(1000));
  Mount();
  Ended ended = Larder({"warm", Path("a/b/3"), Path("a")});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("42 of 42 files"));
  const auto remote_bytes = Dataset()["remote_bytes"];
  EXPECT_EQ(ReadAll(Path("a/large")), Pattern(12'000'000));
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(ReadAll(Path(absl::StrCat("a/b/", i))), Pattern(50'000 + i, i));
  }
  EXPECT_EQ(Dataset()["remote_bytes"], remote_bytes);
  EXPECT_EQ(Dataset()["miss_bytes"], 0);
  // Again, and after a restart: nothing is left to do.
  ended = Larder({"warm", Path("a")});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  Unmount();
  Mount();
  ended = Larder({"warm", Path()});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_EQ(Dataset()["remote_bytes"], 1000);
}

TEST_F(CommandTest, WarmSaysWhatIsWrong) {
  WriteRemote("file", "x");
  Mount();
  Ended ended = Larder({"warm", "/proc"});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("is not on a larder mount"));
  ended = Larder({"warm", Path("missing")});
  EXPECT_EQ(ended.exit_status, 1);
  EXPECT_THAT(ended.errors, HasSubstr("missing: No such file"));
}

}  // namespace
}  // namespace larder::testing

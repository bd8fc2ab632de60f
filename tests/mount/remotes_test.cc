// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// One test body over a mount of every kind of remote: real servers, the real program, the kernel.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>

#include "tests/mount/mount_fixture.h"
#include "tests/testing/certificates.h"
#include "tests/testing/nginx_server.h"
#include "tests/testing/python_http_server.h"
#include "tests/testing/s3_server.h"

namespace larder::testing {
namespace {

// Serves the test's remote folder in one way until the test ends.
class RemotesTest : public MountTest, public ::testing::WithParamInterface<const char*> {
 protected:
  // The options of the mount, source_ being set; or why this remote can't be had here.
  absl::StatusOr<std::vector<std::string>> Serve() {
    const std::string kind = GetParam();
    if (kind == "folder") return std::vector<std::string>();
    if (kind == "s3") return ServeS3();
    if (kind == "python") {
      auto server = PythonHttpServer::Start(remote_);
      if (!server.ok()) return server.status();
      python_ = *std::move(server);
      source_ = python_->url() + "/";
      return std::vector<std::string>();
    }
    return ServeNginx(kind);
  }

  absl::StatusOr<std::vector<std::string>> ServeS3() {
    if (const std::string why = S3Server::Unavailable(); !why.empty()) {
      return absl::UnavailableError(why);
    }
    auto server = S3Server::Start();
    if (!server.ok()) return server.status();
    s3_ = *std::move(server);
    absl::Status made = s3_->MakeBucket("bucket");
    if (made.ok()) made = s3_->PutFolder("bucket", "data/", remote_);
    if (!made.ok()) return made;
    ::setenv("AWS_ACCESS_KEY_ID", S3Server::kAccessKey, 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", S3Server::kSecretKey, 1);
    source_ = "s3://bucket/data/";
    return std::vector<std::string>{"--endpoint-url", s3_->endpoint_url(), "--region",
                                    S3Server::kRegion};
  }

  absl::StatusOr<std::vector<std::string>> ServeNginx(const std::string& kind) {
    if (const std::string why = NginxServer::Unavailable(); !why.empty()) {
      return absl::UnavailableError(why);
    }
    NginxOptions options;
    options.root = remote_;
    options.listing = kind == "nginx_html" ? NginxListing::kHtml : NginxListing::kJson;
    std::vector<std::string> mount_options;
    if (kind == "nginx_tls") {
      auto certificates = Certificates::Make();
      if (!certificates.ok()) return certificates.status();
      certificates_ = *std::move(certificates);
      options.certificate = certificates_->certificate();
      options.private_key = certificates_->private_key();
      mount_options = {"--ca-bundle", certificates_->ca()};
    }
    auto server = NginxServer::Start(options);
    if (!server.ok()) return server.status();
    nginx_ = *std::move(server);
    source_ = nginx_->url() + "/";
    return mount_options;
  }

  void ExpectAllReadsBack(const std::map<std::string, std::string>& files) {
    for (const auto& [path, content] : files) {
      EXPECT_TRUE(ReadAll(Path(path)) == content) << path;
      struct stat st;
      ASSERT_EQ(::stat(Path(path).c_str(), &st), 0) << path;
      EXPECT_EQ(static_cast<size_t>(st.st_size), content.size()) << path;
    }
  }

  std::unique_ptr<Certificates> certificates_;
  std::unique_ptr<NginxServer> nginx_;
  std::unique_ptr<PythonHttpServer> python_;
  std::unique_ptr<S3Server> s3_;
};

TEST_P(RemotesTest, ATreeIsFetchedOnceAndReadsBackColdWarmAndAfterARestart) {
  const std::map<std::string, std::string> files = {
      {"one", "1"},
      {"folder/small", Pattern(112'000, 1)},
      {"folder/dt=2024-05-22/a b+c.bin", Pattern(5'000, 2)},
      {"folder/deep/er/large", Pattern(9'500'001, 3)},
  };
  for (const auto& [path, content] : files) WriteRemote(path, content);
  const auto options = Serve();
  if (!options.ok() && absl::IsUnavailable(options.status())) GTEST_SKIP() << options.status();
  ASSERT_TRUE(options.ok()) << options.status();

  Mount(*options);
  EXPECT_THAT(ListAll(Path()), ::testing::UnorderedElementsAre("folder", "one"));
  ExpectAllReadsBack(files);
  const uint64_t fetched = Dataset()["remote_bytes"];
  ExpectAllReadsBack(files);
  EXPECT_EQ(Dataset()["remote_errors"], 0);
  Unmount();
  Mount(*options);
  for (const auto& [path, content] : files) DropPageCache(Path(path));
  ExpectAllReadsBack(files);
  // A listing may be asked for again, the bytes may not.
  EXPECT_LT(Dataset()["remote_bytes"], fetched / 10);
}

INSTANTIATE_TEST_SUITE_P(EveryRemote, RemotesTest,
                         ::testing::Values("folder", "nginx_json", "nginx_html", "nginx_tls",
                                           "python", "s3"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace larder::testing

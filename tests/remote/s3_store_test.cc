// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// S3 against a real server, which checks our signatures.
#include "remote/s3_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/remote/s3_fixture.h"

namespace larder::remote {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const char* const kOddNames[] = {
    "dt=2024-05-22", "a:b",     "a*b",
    "a+b",           "a b",     "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac",
    "100%",          "per%20c", "a&b",
    "a?b",           "a#b",     "a'b(c)!",
    "a;b,c@d$e",     "a=b=&c=", "~tilde_-",
    "[x]{y}|^`<>",   "a\"b",    "back\\slash",
};

class FixedClock : public Clock {
 public:
  explicit FixedClock(absl::Time now) : now_(now) {}
  absl::Time Now() override { return now_; }

 private:
  const absl::Time now_;
};

class S3StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fixture_.Unavailable().empty()) GTEST_SKIP() << fixture_.Unavailable();
    store_ = fixture_.Open(&counters_);
    ASSERT_NE(store_, nullptr);
  }

  std::unique_ptr<ObjectStore> OpenWith(StoreOptions options, AwsConfig config,
                                        Clock* clock = S3Fixture::clock()) {
    auto store = S3Store::Create(options, std::move(config), clock, &counters_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  static RequestOptions Patient() { return {.deadline = absl::Seconds(20)}; }

  DatasetCounters counters_;
  S3Fixture fixture_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(S3StoreTest, OddKeysAreListedFoundAndRead) {
  std::set<std::string> expected;
  for (const char* name : kOddNames) {
    fixture_.PutObject(absl::StrCat("odd/", name), name);
    fixture_.PutObject(absl::StrCat("deep/", name, "/inner=1+1"), name);
    expected.insert(name);
  }
  std::map<std::string, ObjectVersion> listed;
  const auto page = ListAndWait(*store_, "odd", Patient());
  ASSERT_TRUE(page.ok()) << page.status();
  for (const ListEntry& entry : page->entries) listed[entry.name] = *entry.version;
  ASSERT_EQ(listed.size(), expected.size());

  for (const std::string& name : expected) {
    ASSERT_EQ(listed.count(name), 1u) << name;
    const std::string path = absl::StrCat("odd/", name);
    const auto file = StatAndWait(*store_, path, Patient());
    ASSERT_TRUE(file.ok()) << path << ": " << file.status();
    EXPECT_EQ(file->kind, EntryKind::kFile);
    EXPECT_EQ(file->version, listed[name]) << path;  // ETag, size and time in the same form
    const auto bytes = ReadAndWait(*store_, path, file->version, {0, name.size()}, Patient());
    ASSERT_TRUE(bytes.ok()) << path << ": " << bytes.status();
    EXPECT_EQ(*bytes, name);

    const std::string folder = absl::StrCat("deep/", name);
    const auto stat = StatAndWait(*store_, folder, Patient());
    ASSERT_TRUE(stat.ok()) << folder << ": " << stat.status();
    EXPECT_EQ(stat->kind, EntryKind::kFolder);
    const auto inner = ListAndWait(*store_, folder, Patient());
    ASSERT_TRUE(inner.ok()) << folder << ": " << inner.status();
    ASSERT_EQ(inner->entries.size(), 1u);
    EXPECT_EQ(inner->entries[0].name, "inner=1+1");
  }
}

TEST_F(S3StoreTest, ThousandsOfObjectsComeByPages) {
  constexpr int kObjects = 2500;
  const std::string folder = ::testing::TempDir() + "/larder-paging";
  std::filesystem::create_directories(folder);
  for (int i = 0; i < kObjects; ++i) std::ofstream(absl::StrCat(folder, "/", 100000 + i)) << i;
  const absl::Status put = fixture_.server().PutFolder(
      S3Fixture::kBucket, absl::StrCat(S3Fixture::kPrefix, "/many/"), folder);
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(put.ok()) << put;

  const uint64_t before = counters_.remote_requests.value();
  const auto page = ListAndWait(*store_, "many", Patient());
  ASSERT_TRUE(page.ok()) << page.status();
  std::set<std::string> names;
  for (const ListEntry& entry : page->entries) names.insert(entry.name);
  EXPECT_EQ(page->entries.size(), size_t{kObjects});
  EXPECT_EQ(names.size(), size_t{kObjects});
  EXPECT_EQ(*names.begin(), "100000");
  EXPECT_EQ(counters_.remote_requests.value() - before, 3u);
}

TEST_F(S3StoreTest, TheWholeBucketCanBeTheDataset) {
  fixture_.PutObject("x", "1");
  StoreOptions options = fixture_.Options();
  options.source = absl::StrCat("s3://", S3Fixture::kBucket, "/");
  const auto store = OpenWith(options, fixture_.Config());
  const auto root = ListAndWait(*store, "", Patient());
  ASSERT_TRUE(root.ok()) << root.status();
  ASSERT_EQ(root->entries.size(), 1u);
  EXPECT_EQ(root->entries[0].name, "some");
  EXPECT_EQ(root->entries[0].kind, EntryKind::kFolder);
  EXPECT_EQ(StatAndWait(*store, "some/prefix/x", Patient())->version.size, 1u);
  EXPECT_EQ(store->Url("some"), "s3://larder-test/some");
  EXPECT_EQ(store->Url(""), "s3://larder-test");
}

TEST_F(S3StoreTest, AnEmptyRootIsAnEmptyFolderButOthersAreNotFound) {
  EXPECT_THAT(ListAndWait(*store_, "", Patient())->entries, IsEmpty());
  EXPECT_EQ(StatAndWait(*store_, "", Patient())->kind, EntryKind::kFolder);
  EXPECT_TRUE(absl::IsNotFound(ListAndWait(*store_, "nope", Patient()).status()));
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(*store_, "nope", Patient()).status()));
  ASSERT_TRUE(fixture_.MakeFolder("made"));
  EXPECT_THAT(ListAndWait(*store_, "made", Patient())->entries, IsEmpty());
  EXPECT_EQ(StatAndWait(*store_, "made", Patient())->kind, EntryKind::kFolder);
}

TEST_F(S3StoreTest, WrongBucketIsNamedWithItsEndpoint) {
  StoreOptions options = fixture_.Options();
  options.source = "s3://no-such-bucket/x";
  const auto store = OpenWith(options, fixture_.Config());
  for (const absl::Status& status :
       {ListAndWait(*store, "", Patient()).status(), StatAndWait(*store, "", Patient()).status(),
        StatAndWait(*store, "a", Patient()).status()}) {
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("no bucket 'no-such-bucket'"),
                                                     HasSubstr(fixture_.server().endpoint_url())));
  }
}

TEST_F(S3StoreTest, WrongCredentialsSayWhichPartIsWrong) {
  const struct {
    Credentials credentials;
    const char* message;
  } kCases[] = {
      {Credentials("unknown", testing::S3Server::kSecretKey), "AWS_ACCESS_KEY_ID"},
      {Credentials(testing::S3Server::kAccessKey, "wrong"), "AWS_SECRET_ACCESS_KEY"},
  };
  for (const auto& c : kCases) {
    AwsConfig config = fixture_.Config();
    config.credentials = std::make_unique<FixedCredentials>(c.credentials);
    const auto store = OpenWith(fixture_.Options(), std::move(config));
    for (const absl::Status& status :
         {ListAndWait(*store, "", Patient()).status(), StatAndWait(*store, "a", Patient()).status(),
          ReadAndWait(*store, "a", {.size = 1}, {0, 1}, Patient()).status()}) {
      EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
    }
  }
}

TEST_F(S3StoreTest, AWrongClockIsSaid) {
  FixedClock slow(absl::Now() - absl::Hours(1));
  const auto store = OpenWith(fixture_.Options(), fixture_.Config(), &slow);
  const absl::Status status = ListAndWait(*store, "", Patient()).status();
  EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("clock"));
}

TEST_F(S3StoreTest, AWrongRegionIsCorrected) {
  AwsConfig config = fixture_.Config();
  config.region = "eu-west-9";
  const auto store = OpenWith(fixture_.Options(), std::move(config));
  const absl::Status status = StatAndWait(*store, "a", Patient()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("--region us-east-1"));
}

TEST_F(S3StoreTest, AnonymousIsRefusedUntilTheBucketIsPublic) {
  fixture_.PutObject("a", "public");
  StoreOptions options = fixture_.Options();
  options.anonymous = true;
  AwsConfig config = fixture_.Config();
  config.credentials = std::make_unique<FixedCredentials>(std::nullopt);
  const auto store = OpenWith(options, std::move(config));
  for (const absl::Status& status :
       {ListAndWait(*store, "", Patient()).status(), StatAndWait(*store, "a", Patient()).status(),
        ReadAndWait(*store, "a", {.size = 6}, {0, 6}, Patient()).status()}) {
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("without --anonymous"));
  }

  const std::string objects = absl::StrCat("\"arn:aws:s3:::", S3Fixture::kBucket, "/*\"");
  absl::Status allowed =
      fixture_.server().AllowAnyone(S3Fixture::kBucket, "\"s3:GetObject\"", objects);
  ASSERT_TRUE(allowed.ok()) << allowed;
  // Reading without listing: what is a file is known to be one.
  const auto file = StatAndWait(*store, "a", Patient());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*ReadAndWait(*store, "a", file->version, {0, 6}, Patient()), "public");
  EXPECT_TRUE(absl::IsPermissionDenied(StatAndWait(*store, "no", Patient()).status()));

  allowed = fixture_.server().AllowAnyone(
      S3Fixture::kBucket, "\"s3:GetObject\",\"s3:ListBucket\"",
      absl::StrCat(objects, ",\"arn:aws:s3:::", S3Fixture::kBucket, "\""));
  ASSERT_TRUE(allowed.ok()) << allowed;
  EXPECT_EQ(ListAndWait(*store, "", Patient())->entries.size(), 1u);
  EXPECT_TRUE(absl::IsNotFound(StatAndWait(*store, "no", Patient()).status()));
}

TEST_F(S3StoreTest, ANewVersionIsNeverMixedWithTheOld) {
  fixture_.PutObject("a", "first version");
  const auto file = StatAndWait(*store_, "a", Patient());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*ReadAndWait(*store_, "a", file->version, {6, 7}, Patient()), "version");
  fixture_.ReplaceObject("a", "other version");
  EXPECT_TRUE(absl::IsFailedPrecondition(
      ReadAndWait(*store_, "a", file->version, {6, 7}, Patient()).status()));
}

TEST(S3EnvironmentTest, OpensWithWhatTheAwsToolsWouldUse) {
  if (const std::string reason = testing::S3Server::Unavailable(); !reason.empty()) {
    GTEST_SKIP() << reason;
  }
  const auto server = testing::S3Server::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE((*server)->MakeBucket("larder-test").ok());
  ASSERT_TRUE((*server)->PutObject("larder-test", "a/b", "bytes").ok());
  // Set while no other thread of this process runs.
  ::setenv("AWS_ACCESS_KEY_ID", testing::S3Server::kAccessKey, 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", testing::S3Server::kSecretKey, 1);
  ::setenv("AWS_ENDPOINT_URL", (*server)->endpoint_url().c_str(), 1);
  ::setenv("AWS_CONFIG_FILE", "/dev/null", 1);
  ::setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
  DatasetCounters counters;
  StoreOptions options;
  options.source = "s3://larder-test/a/";
  {
    const auto store = OpenStore(options, &counters);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(StatAndWait(**store, "b")->version.size, 5u);
  }
  ::unsetenv("AWS_ACCESS_KEY_ID");
  ::unsetenv("AWS_SECRET_ACCESS_KEY");
  const auto without = OpenStore(options, &counters);
  EXPECT_TRUE(absl::IsUnauthenticated(without.status())) << without.status();
  EXPECT_THAT(std::string(without.status().message()), HasSubstr("--anonymous"));
  EXPECT_EQ(*CanonicalSource(options.source), "s3://larder-test/a");
}

// A certificate for 127.0.0.1 that only its own file vouches for.
class S3TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = testing::S3Server::Unavailable(); !reason.empty())
      GTEST_SKIP() << reason;
    std::filesystem::create_directories(folder_);
    const auto made = testing::RunCommand(
        {{"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
          "/CN=larder-test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder_ + "/key",
          "-out", folder_ + "/cert"},
         {},
         ""});
    ASSERT_TRUE(made.ok()) << made.status();
    auto server = testing::S3Server::Start(
        {.certificate = folder_ + "/cert", .private_key = folder_ + "/key"});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  absl::StatusOr<ListPage> List(const std::string& ca_bundle) {
    StoreOptions options;
    options.source = "s3://larder-test";
    options.ca_bundle = ca_bundle;
    AwsConfig config;
    config.region = testing::S3Server::kRegion;
    config.endpoint_url = server_->endpoint_url();
    config.credentials = std::make_unique<FixedCredentials>(
        Credentials(testing::S3Server::kAccessKey, testing::S3Server::kSecretKey));
    DatasetCounters counters;
    auto store = S3Store::Create(options, std::move(config), S3Fixture::clock(), &counters);
    if (!store.ok()) return store.status();
    return ListAndWait(**store, "", {.deadline = absl::Seconds(5)});
  }

  const std::string folder_ = absl::StrCat(::testing::TempDir(), "/larder-s3-tls-", ::getpid());
  std::unique_ptr<testing::S3Server> server_;
};

TEST_F(S3TlsTest, OnlyATrustedCertificateWillDo) {
  ASSERT_TRUE(server_->MakeBucket("larder-test").ok());
  const auto trusted = List(folder_ + "/cert");
  EXPECT_TRUE(trusted.ok()) << trusted.status();
  const auto unknown = List("");
  EXPECT_FALSE(unknown.ok());
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("--ca-bundle"));
}

TEST(S3VirtualHostTest, BucketsAsHosts) {
  if (const std::string reason = testing::S3Server::Unavailable(); !reason.empty())
    GTEST_SKIP() << reason;
  // libcurl takes any name below localhost for this machine.
  const auto server = testing::S3Server::Start({.virtual_domain = "localhost"});
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_TRUE((*server)->MakeBucket("larder-test").ok());
  ASSERT_TRUE((*server)->PutObject("larder-test", "a=b/c d+e", "bytes").ok());
  StoreOptions options;
  options.source = "s3://larder-test";
  AwsConfig config;
  config.region = testing::S3Server::kRegion;
  config.endpoint_url = absl::StrCat("http://localhost:", (*server)->port());
  config.addressing = S3Addressing::kVirtualHost;
  config.credentials = std::make_unique<FixedCredentials>(
      Credentials(testing::S3Server::kAccessKey, testing::S3Server::kSecretKey));
  DatasetCounters counters;
  const auto store = S3Store::Create(options, std::move(config), S3Fixture::clock(), &counters);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto file = StatAndWait(**store, "a=b/c d+e");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*ReadAndWait(**store, "a=b/c d+e", file->version, {0, 5}), "bytes");
  EXPECT_EQ(ListAndWait(**store, "a=b")->entries.size(), 1u);
}

}  // namespace
}  // namespace larder::remote

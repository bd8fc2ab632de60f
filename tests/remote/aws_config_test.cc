// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/aws_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "remote/aws_profile.h"

namespace larder::remote {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A home folder of the test's own, and an environment that knows nothing else.
class AwsConfigTest : public ::testing::Test {
 protected:
  AwsConfigTest() {
    std::string path = ::testing::TempDir() + "/larder-aws-XXXXXX";
    home_ = ::mkdtemp(path.data());
    variables_["HOME"] = home_;
    EXPECT_TRUE(MakeFolders(home_ + "/.aws").ok());
  }
  ~AwsConfigTest() override { std::filesystem::remove_all(home_); }

  void Write(const std::string& name, absl::string_view text) {
    ASSERT_TRUE(WriteFileAtomically(home_ + "/.aws/" + name, text).ok());
  }
  absl::StatusOr<AwsConfig> Load() const {
    return LoadAwsConfig(options_, [this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::string() : found->second;
    });
  }
  // "id/secret/token", or "(anonymous)", or the error.
  static std::string Keys(const absl::StatusOr<AwsConfig>& config) {
    if (!config.ok()) return std::string(config.status().message());
    const auto got = config->credentials->Get();
    if (!got.ok()) return std::string(got.status().message());
    if (!*got) return "(anonymous)";
    return absl::StrCat((*got)->access_key_id(), "/", (*got)->secret_access_key(), "/",
                        (*got)->session_token());
  }

  std::string home_;
  StoreOptions options_;
  std::map<std::string, std::string> variables_;
};

TEST_F(AwsConfigTest, EnvironmentComesBeforeFiles) {
  Write("credentials", "[default]\naws_access_key_id=file\naws_secret_access_key=fs\n");
  EXPECT_EQ(Keys(Load()), "file/fs/");
  variables_["AWS_ACCESS_KEY_ID"] = "env";
  variables_["AWS_SECRET_ACCESS_KEY"] = "es";
  EXPECT_EQ(Keys(Load()), "env/es/");
  variables_["AWS_SESSION_TOKEN"] = "et";
  EXPECT_EQ(Keys(Load()), "env/es/et");
  options_.profile = "default";  // what was asked for by name comes before what lies around
  EXPECT_EQ(Keys(Load()), "file/fs/");
  options_.anonymous = true;
  EXPECT_EQ(Keys(Load()), "(anonymous)");
}

TEST_F(AwsConfigTest, HalfASetOfKeysIsAnError) {
  variables_["AWS_ACCESS_KEY_ID"] = "id";
  EXPECT_THAT(Keys(Load()), HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
  variables_.erase("AWS_ACCESS_KEY_ID");
  Write("credentials", "[default]\naws_secret_access_key = hush\n");
  EXPECT_THAT(Keys(Load()), AllOf(HasSubstr("no aws_access_key_id"), Not(HasSubstr("hush"))));
}

TEST_F(AwsConfigTest, ProfilesOfBothFiles) {
  Write("credentials",
        "# comment\n[default]\naws_access_key_id = a\naws_secret_access_key = as/+=\n"
        "\n[lab]\naws_access_key_id=b\naws_secret_access_key=bs\naws_session_token=bt\n");
  Write("config",
        "[default]\nregion = eu-west-1 ; near\n[profile lab]\nregion=lab-1\n"
        "endpoint_url = http://lab:9000\ns3 =\n  addressing_style = virtual\n  "
        "max_concurrent_requests = 5\n"
        "[profile \"only config\"]\naws_access_key_id=c\naws_secret_access_key=cs\n");
  auto config = Load();
  EXPECT_EQ(Keys(config), "a/as/+=/");
  EXPECT_EQ(config->region, "eu-west-1");
  EXPECT_EQ(config->endpoint_url, "");
  EXPECT_EQ(config->addressing, S3Addressing::kAuto);

  variables_["AWS_PROFILE"] = "lab";
  config = Load();
  EXPECT_EQ(Keys(config), "b/bs/bt");
  EXPECT_EQ(config->region, "lab-1");
  EXPECT_EQ(config->endpoint_url, "http://lab:9000");
  EXPECT_EQ(config->addressing, S3Addressing::kVirtualHost);

  options_.profile = "only config";
  EXPECT_EQ(Keys(Load()), "c/cs/");
}

TEST_F(AwsConfigTest, NearerSettingsWin) {
  Write("config", "[default]\nregion=r4\nendpoint_url=http://e4\n");
  options_.anonymous = true;
  EXPECT_EQ(Load()->region, "r4");
  EXPECT_EQ(Load()->endpoint_url, "http://e4");
  variables_["AWS_DEFAULT_REGION"] = "r3";
  variables_["AWS_ENDPOINT_URL"] = "http://e3";
  EXPECT_EQ(Load()->region, "r3");
  EXPECT_EQ(Load()->endpoint_url, "http://e3");
  variables_["AWS_REGION"] = "r2";
  variables_["AWS_ENDPOINT_URL_S3"] = "http://e2";
  EXPECT_EQ(Load()->region, "r2");
  EXPECT_EQ(Load()->endpoint_url, "http://e2");
  options_.region = "r1";
  options_.endpoint_url = "http://e1";
  EXPECT_EQ(Load()->region, "r1");
  EXPECT_EQ(Load()->endpoint_url, "http://e1");
}

TEST_F(AwsConfigTest, WithNothingSaidThePublicServiceIsMeant) {
  options_.anonymous = true;
  const auto config = Load();
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->region, "us-east-1");
  EXPECT_EQ(config->endpoint_url, "");
}

TEST_F(AwsConfigTest, FilesCanLieElsewhere) {
  ASSERT_TRUE(
      WriteFileAtomically(home_ + "/keys", "[x]\naws_access_key_id=k\naws_secret_access_key=s\n")
          .ok());
  ASSERT_TRUE(WriteFileAtomically(home_ + "/conf", "[profile x]\nregion=there\n").ok());
  variables_["AWS_SHARED_CREDENTIALS_FILE"] = home_ + "/keys";
  variables_["AWS_CONFIG_FILE"] = home_ + "/conf";
  options_.profile = "x";
  const auto config = Load();
  EXPECT_EQ(Keys(config), "k/s/");
  EXPECT_EQ(config->region, "there");
}

TEST_F(AwsConfigTest, WithoutCredentialsTheErrorListsWhereItLooked) {
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
  const auto config = Load();
  EXPECT_TRUE(absl::IsUnauthenticated(config.status()));
  EXPECT_THAT(std::string(config.status().message()),
              AllOf(HasSubstr("AWS_ACCESS_KEY_ID"), HasSubstr(home_ + "/.aws/credentials"),
                    HasSubstr(home_ + "/.aws/config"), HasSubstr("--anonymous"),
                    HasSubstr("AWS_WEB_IDENTITY_TOKEN_FILE is set, but not supported yet")));
}

TEST_F(AwsConfigTest, UnknownProfileIsNamed) {
  options_.profile = "nope";
  variables_["AWS_ACCESS_KEY_ID"] = variables_["AWS_SECRET_ACCESS_KEY"] = "x";
  const auto config = Load();
  EXPECT_TRUE(absl::IsInvalidArgument(config.status()));
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("no profile 'nope'"));
}

TEST_F(AwsConfigTest, OtherKindsOfCredentialsAreNotSupportedYet) {
  for (const char* setting :
       {"role_arn", "source_profile", "credential_source", "credential_process", "sso_session",
        "sso_start_url", "web_identity_token_file"}) {
    Write("config", absl::StrCat("[profile x]\n", setting, " = something\n"));
    options_.profile = "x";
    const auto config = Load();
    EXPECT_TRUE(absl::IsUnimplemented(config.status())) << setting;
    EXPECT_THAT(std::string(config.status().message()),
                AllOf(HasSubstr(setting), HasSubstr("not supported yet")));
  }
}

TEST_F(AwsConfigTest, ChangedFilesAreReadAgain) {
  Write("credentials",
        "[default]\naws_access_key_id=a1\naws_secret_access_key=s\naws_session_token=t1\n");
  const auto config = Load();
  EXPECT_EQ(Keys(config), "a1/s/t1");
  Write("credentials",
        "[default]\naws_access_key_id=a2\naws_secret_access_key=s\naws_session_token=t2\n");
  EXPECT_EQ(Keys(config), "a2/s/t2");
  // A file that is just being rewritten takes nothing away.
  Write("credentials", "[default]\naws_access_");
  EXPECT_EQ(Keys(config), "a2/s/t2");
  std::filesystem::remove(home_ + "/.aws/credentials");
  EXPECT_EQ(Keys(config), "a2/s/t2");
  Write("credentials", "[default]\naws_access_key_id=a3\naws_secret_access_key=s\n");
  EXPECT_EQ(Keys(config), "a3/s/");
}

TEST_F(AwsConfigTest, BrokenFilesAreNamedByLineWithoutTheirText) {
  const char* const kBroken[] = {"aws_secret_access_key=hush\n", "[default\nhush\n",
                                 "[default]\nhush\n", "[default]\n=hush\n"};
  for (const char* text : kBroken) {
    Write("credentials", text);
    const auto config = Load();
    EXPECT_TRUE(absl::IsInvalidArgument(config.status())) << text;
    EXPECT_THAT(std::string(config.status().message()),
                AllOf(HasSubstr("/.aws/credentials: line "), Not(HasSubstr("hush"))));
  }
}

TEST_F(AwsConfigTest, AWrongAddressingStyleIsNamed) {
  Write("config", "[default]\ns3 =\n  addressing_style = sideways\n");
  options_.anonymous = true;
  EXPECT_THAT(std::string(Load().status().message()), HasSubstr("auto, path or virtual"));
}

TEST(AwsProfileTest, ReadsWhatTheToolsWrite) {
  const auto profiles = ParseAwsFile(
      AwsFileKind::kConfig,
      "; comment\r\n[default]\r\nregion = x\r\n\r\n[profile  a ]\r\ns3=\r\n\tendpoint_url=e\r\n"
      "output = json\n[sso-session corp]\nsso_region = y\n[services s]\ns3 =\n  endpoint_url=z\n");
  ASSERT_TRUE(profiles.ok()) << profiles.status();
  EXPECT_EQ(profiles->size(), 2u);
  EXPECT_EQ(profiles->at("default").at("region"), "x");
  EXPECT_EQ(profiles->at("a").at("s3.endpoint_url"), "e");
  EXPECT_EQ(profiles->at("a").at("output"), "json");
}

template <typename T, typename = void>
struct CanStream : std::false_type {};
template <typename T>
struct CanStream<T,
                 std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const T&>())>>
    : std::true_type {};

TEST(CredentialsTest, CannotBePrinted) {
  static_assert(!CanStream<Credentials>::value);
  static_assert(!std::is_convertible_v<Credentials, absl::AlphaNum>);
  static_assert(!std::is_convertible_v<Credentials, std::string>);
  const std::string shown = ::testing::PrintToString(Credentials("AKID", "hush", "token"));
  EXPECT_THAT(shown, Not(HasSubstr("AKID")));
  EXPECT_THAT(shown, Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace larder::remote

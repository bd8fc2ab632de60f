// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/aws_config.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/errors.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mutex.h"
#include "remote/aws_profile.h"

namespace larder::remote {
namespace {

// Tells one content of a file from the next without reading it; all zero where there is none.
struct FileStamp {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t mtime_ns = 0;

  static FileStamp Of(const std::string& path) {
    struct stat st;
    if (path.empty() || ::stat(path.c_str(), &st) != 0) return {};
    return {st.st_dev, st.st_ino, static_cast<uint64_t>(st.st_size),
            st.st_mtim.tv_sec * int64_t{1'000'000'000} + st.st_mtim.tv_nsec};
  }
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// One profile as the two files have it.
struct Profile {
  bool exists = false;
  AwsSettings credentials_file;
  AwsSettings config_file;

  // The config file's setting, else the credentials file's; "" for none.
  std::string Setting(const std::string& name) const {
    for (const AwsSettings* settings : {&config_file, &credentials_file}) {
      if (const auto found = settings->find(name); found != settings->end()) return found->second;
    }
    return "";
  }
};

// Where a profile is kept. Immutable; thread-safe.
class ProfileFiles {
 public:
  using Stamp = std::array<FileStamp, 2>;

  ProfileFiles(std::string credentials_path, std::string config_path, std::string profile)
      : credentials_path_(std::move(credentials_path)),
        config_path_(std::move(config_path)),
        profile_(std::move(profile)) {}

  const std::string& credentials_path() const { return credentials_path_; }
  const std::string& config_path() const { return config_path_; }
  const std::string& profile() const { return profile_; }

  Stamp Stamps() const { return {FileStamp::Of(credentials_path_), FileStamp::Of(config_path_)}; }

  absl::StatusOr<Profile> Read() const {
    Profile profile;
    LARDER_ASSIGN_OR_RETURN(profile.credentials_file,
                            ReadOne(AwsFileKind::kCredentials, credentials_path_, &profile.exists));
    LARDER_ASSIGN_OR_RETURN(profile.config_file,
                            ReadOne(AwsFileKind::kConfig, config_path_, &profile.exists));
    return profile;
  }

 private:
  // No file is an empty one: the AWS tools see it so, also where the environment names it.
  absl::StatusOr<AwsSettings> ReadOne(AwsFileKind kind, const std::string& path,
                                      bool* exists) const {
    if (path.empty()) return AwsSettings{};
    const auto text = ReadFileToString(path);
    if (absl::IsNotFound(text.status())) return AwsSettings{};
    LARDER_RETURN_IF_ERROR(text.status());
    auto profiles = ParseAwsFile(kind, *text);
    LARDER_RETURN_IF_ERROR(WithContext(profiles.status(), path));
    const auto found = profiles->find(profile_);
    if (found == profiles->end()) return AwsSettings{};
    *exists = true;
    return std::move(found->second);
  }

  const std::string credentials_path_;
  const std::string config_path_;
  const std::string profile_;
};

absl::StatusOr<std::optional<Credentials>> FindKeys(const AwsSettings& settings,
                                                    const std::string& path,
                                                    const std::string& profile) {
  const auto setting = [&settings](const std::string& name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  const std::string id = setting("aws_access_key_id");
  const std::string secret = setting("aws_secret_access_key");
  if (id.empty() && secret.empty()) return std::nullopt;
  if (id.empty() || secret.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("profile '", profile, "' in ", path, " has ",
                     id.empty() ? "aws_secret_access_key but no aws_access_key_id"
                                : "aws_access_key_id but no aws_secret_access_key"));
  }
  return Credentials(id, secret, setting("aws_session_token"));
}

absl::Status NotSupportedYet(const std::string& profile, absl::string_view setting) {
  return absl::UnimplementedError(absl::StrCat(
      "profile '", profile, "' gets its credentials by ", setting,
      ", which is not supported yet: use a profile with keys, or set AWS_ACCESS_KEY_ID, "
      "AWS_SECRET_ACCESS_KEY and "
      "AWS_SESSION_TOKEN (aws configure export-credentials --format env prints them)"));
}

// nullopt: the profile has none.
absl::StatusOr<std::optional<Credentials>> CredentialsOf(const Profile& profile,
                                                         const ProfileFiles& files) {
  // A role comes before keys, which are then those by which it is assumed.
  if (!profile.Setting("role_arn").empty()) return NotSupportedYet(files.profile(), "role_arn");
  LARDER_ASSIGN_OR_RETURN(
      auto found, FindKeys(profile.credentials_file, files.credentials_path(), files.profile()));
  if (found) return found;
  LARDER_ASSIGN_OR_RETURN(found,
                          FindKeys(profile.config_file, files.config_path(), files.profile()));
  if (found) return found;
  for (const char* setting :
       {"source_profile", "credential_source", "web_identity_token_file", "sso_session",
        "sso_start_url", "login_session", "credential_process"}) {
    if (!profile.Setting(setting).empty()) return NotSupportedYet(files.profile(), setting);
  }
  return std::nullopt;
}

// A profile's keys, read again when a file has changed. A change that leaves no keys (a file half
// written) is logged, and the last ones go on: whether they still count is for the store to say.
class ProfileCredentials : public CredentialsProvider {
 public:
  ProfileCredentials(ProfileFiles files, ProfileFiles::Stamp stamp, Credentials credentials)
      : files_(std::move(files)), stamp_(stamp), credentials_(std::move(credentials)) {}

  absl::StatusOr<std::optional<Credentials>> Get() override ABSL_LOCKS_EXCLUDED(mutex_) {
    const ProfileFiles::Stamp stamp = files_.Stamps();
    {
      MutexLock lock(&mutex_);
      if (stamp == stamp_) return credentials_;
    }
    const auto fresh = ReadAgain();
    MutexLock lock(&mutex_);
    stamp_ = stamp;
    if (fresh) credentials_ = *fresh;
    return credentials_;
  }

 private:
  std::optional<Credentials> ReadAgain() const {
    const auto profile = files_.Read();
    const auto found = profile.ok() ? CredentialsOf(*profile, files_) : profile.status();
    if (found.ok() && *found) return **found;
    LogWarning(absl::StrCat("profile '", files_.profile(),
                            "' changed and has no usable keys now; going on with the last ones",
                            found.ok() ? "" : absl::StrCat(": ", found.status().message())));
    return std::nullopt;
  }

  const ProfileFiles files_;
  Mutex mutex_;
  ProfileFiles::Stamp stamp_ ABSL_GUARDED_BY(mutex_);
  Credentials credentials_ ABSL_GUARDED_BY(mutex_);
};

std::string FirstOf(std::initializer_list<std::string> values) {
  for (const std::string& value : values) {
    if (!value.empty()) return value;
  }
  return "";
}

std::string HomeFolder(const Environment& environment) {
  if (std::string home = environment("HOME"); !home.empty()) return home;
  struct passwd entry;
  struct passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr)
    return "";
  return found->pw_dir;
}

ProfileFiles FindFiles(const StoreOptions& options, const Environment& environment) {
  const std::string home = HomeFolder(environment);
  const auto in_home = [&home](absl::string_view name) {
    return home.empty() ? "" : absl::StrCat(home, "/.aws/", name);
  };
  return ProfileFiles(FirstOf({environment("AWS_SHARED_CREDENTIALS_FILE"), in_home("credentials")}),
                      FirstOf({environment("AWS_CONFIG_FILE"), in_home("config")}),
                      FirstOf({options.profile, environment("AWS_PROFILE"), "default"}));
}

absl::StatusOr<S3Addressing> ReadAddressing(const Profile& profile, const std::string& name) {
  const std::string style = profile.Setting("s3.addressing_style");
  if (style.empty() || style == "auto") return S3Addressing::kAuto;
  if (style == "path") return S3Addressing::kPath;
  if (style == "virtual") return S3Addressing::kVirtualHost;
  return absl::InvalidArgumentError(absl::StrCat("addressing_style = ", style, " in profile '",
                                                 name, "': it can be auto, path or virtual"));
}

absl::Status NoCredentials(const StoreOptions& options, const Environment& environment,
                           const ProfileFiles& files) {
  std::vector<std::string> looked;
  if (options.profile.empty()) looked.push_back("AWS_ACCESS_KEY_ID in the environment");
  for (const std::string* path : {&files.credentials_path(), &files.config_path()}) {
    if (!path->empty())
      looked.push_back(absl::StrCat("profile '", files.profile(), "' in ", *path));
  }
  std::string message =
      absl::StrCat("no S3 credentials found (looked at: ", absl::StrJoin(looked, "; "), ")");
  for (const char* name : {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                           "AWS_CONTAINER_CREDENTIALS_FULL_URI"}) {
    if (!environment(name).empty())
      absl::StrAppend(&message, "; ", name, " is set, but not supported yet");
  }
  absl::StrAppend(
      &message,
      ": set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile by --profile, or "
      "use --anonymous for a public bucket");
  return absl::UnauthenticatedError(message);
}

absl::StatusOr<std::unique_ptr<CredentialsProvider>> FindCredentials(const StoreOptions& options,
                                                                     const Environment& environment,
                                                                     const ProfileFiles& files,
                                                                     ProfileFiles::Stamp stamp,
                                                                     const Profile& profile) {
  if (options.anonymous) return std::make_unique<FixedCredentials>(std::nullopt);
  if (options.profile.empty()) {
    const std::string id = environment("AWS_ACCESS_KEY_ID");
    const std::string secret = environment("AWS_SECRET_ACCESS_KEY");
    if (id.empty() != secret.empty()) {
      return absl::InvalidArgumentError(
          id.empty()
              ? "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not: set both or neither"
              : "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set both or neither");
    }
    if (!id.empty()) {
      return std::make_unique<FixedCredentials>(
          Credentials(id, secret, environment("AWS_SESSION_TOKEN")));
    }
  }
  LARDER_ASSIGN_OR_RETURN(const auto found, CredentialsOf(profile, files));
  if (!found) return NoCredentials(options, environment, files);
  return std::make_unique<ProfileCredentials>(files, stamp, *found);
}

}  // namespace

std::string ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

absl::StatusOr<AwsConfig> LoadAwsConfig(const StoreOptions& options,
                                        const Environment& environment) {
  const ProfileFiles files = FindFiles(options, environment);
  // Before the reading: a change in between is then seen as one.
  const ProfileFiles::Stamp stamp = files.Stamps();
  LARDER_ASSIGN_OR_RETURN(const Profile profile, files.Read());
  if (!profile.exists && files.profile() != "default") {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no profile '", files.profile(), "' in ", files.credentials_path(),
                     " or ", files.config_path(), ": check --profile or $AWS_PROFILE"));
  }
  AwsConfig config;
  config.region =
      FirstOf({options.region, environment("AWS_REGION"), environment("AWS_DEFAULT_REGION"),
               profile.Setting("region"), "us-east-1"});
  config.endpoint_url = FirstOf(
      {options.endpoint_url, environment("AWS_ENDPOINT_URL_S3"), environment("AWS_ENDPOINT_URL"),
       profile.Setting("s3.endpoint_url"), profile.Setting("endpoint_url")});
  LARDER_ASSIGN_OR_RETURN(config.addressing, ReadAddressing(profile, files.profile()));
  LARDER_ASSIGN_OR_RETURN(config.credentials,
                          FindCredentials(options, environment, files, stamp, profile));
  return config;
}

}  // namespace larder::remote

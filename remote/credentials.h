// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_CREDENTIALS_H_
#define LARDER_REMOTE_CREDENTIALS_H_

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace larder::remote {

// An access key of S3. Never logged: it has no conversion to text, so that no stream, StrCat or
// test's message can print it; who signs asks for its parts by name. A value type.
class Credentials {
 public:
  Credentials(std::string access_key_id, std::string secret_access_key,
              std::string session_token = "")
      : access_key_id_(std::move(access_key_id)),
        secret_access_key_(std::move(secret_access_key)),
        session_token_(std::move(session_token)) {}

  const std::string& access_key_id() const { return access_key_id_; }
  const std::string& secret_access_key() const { return secret_access_key_; }
  const std::string& session_token() const { return session_token_; }  // empty: none

  friend bool operator==(const Credentials&, const Credentials&) = default;
  friend std::ostream& operator<<(std::ostream&, const Credentials&) = delete;
  // For gtest, which prints the bytes of what has no <<.
  friend void PrintTo(const Credentials&, std::ostream* out);

 private:
  std::string access_key_id_;
  std::string secret_access_key_;
  std::string session_token_;
};

// Where credentials come from. Asked before every try of every request, so that rotated ones are
// taken up at once. Thread-safe.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  // nullopt: send requests unsigned. May read a small local file; never waits for the network (a
  // provider that fetches credentials keeps a copy, and renews it on a thread of its own before it
  // ends). Unauthenticated: there are none; the message says where they were looked for and what to
  // do. Unavailable: they can't be had just now; worth a retry.
  virtual absl::StatusOr<std::optional<Credentials>> Get() = 0;
};

// Always the same: for anonymous access (nullopt), the environment's, and tests.
class FixedCredentials : public CredentialsProvider {
 public:
  explicit FixedCredentials(std::optional<Credentials> credentials)
      : credentials_(std::move(credentials)) {}
  absl::StatusOr<std::optional<Credentials>> Get() override { return credentials_; }

 private:
  const std::optional<Credentials> credentials_;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_CREDENTIALS_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_CERTIFICATES_H_
#define LARDER_TESTS_TESTING_CERTIFICATES_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/temp_dir.h"

namespace larder::testing {

// Certificates for 127.0.0.1 and localhost, made by the openssl program: by a CA of this test's
// own, and self-signed. The files die with this object.
class Certificates {
 public:
  static absl::StatusOr<std::unique_ptr<Certificates>> Make();

  // PEM files.
  std::string ca() const { return folder_.path() + "/ca.pem"; }
  std::string certificate() const { return folder_.path() + "/server.pem"; }
  std::string private_key() const { return folder_.path() + "/server.key"; }
  std::string self_signed_certificate() const { return folder_.path() + "/self.pem"; }
  std::string self_signed_key() const { return folder_.path() + "/self.key"; }

 private:
  Certificates() = default;

  TempDir folder_;
};

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_CERTIFICATES_H_

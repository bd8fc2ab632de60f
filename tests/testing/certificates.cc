// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/testing/certificates.h"

#include <initializer_list>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "base/file.h"
#include "tests/testing/child_process.h"

namespace larder::testing {
namespace {

constexpr char kNames[] = "subjectAltName=DNS:localhost,IP:127.0.0.1";

absl::Status OpenSsl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  return RunCommand({.arguments = std::move(arguments)}).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Certificates>> Certificates::Make() {
  auto made = std::unique_ptr<Certificates>(new Certificates());
  const std::string& folder = made->folder_.path();
  const std::string request = folder + "/server.csr";
  LARDER_RETURN_IF_ERROR(
      OpenSsl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
               "/CN=Larder test CA", "-keyout", folder + "/ca.key", "-out", made->ca()}));
  LARDER_RETURN_IF_ERROR(OpenSsl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                                  "-keyout", made->private_key(), "-out", request}));
  LARDER_RETURN_IF_ERROR(WriteFileAtomically(folder + "/extensions", kNames));
  LARDER_RETURN_IF_ERROR(OpenSsl({"x509", "-req", "-in", request, "-CA", made->ca(), "-CAkey",
                                  folder + "/ca.key", "-CAcreateserial", "-days", "2", "-extfile",
                                  folder + "/extensions", "-out", made->certificate()}));
  LARDER_RETURN_IF_ERROR(
      OpenSsl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
               "/CN=localhost", "-addext", kNames, "-keyout", made->self_signed_key(), "-out",
               made->self_signed_certificate()}));
  return made;
}

}  // namespace larder::testing

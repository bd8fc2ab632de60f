// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace larder {

Digest Digest::Of(std::initializer_list<absl::string_view> parts) {
  std::string joined;
  for (absl::string_view part : parts) absl::StrAppend(&joined, part.size(), ":", part);
  uint8_t sha[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const uint8_t*>(joined.data()), joined.size(), sha);
  Digest digest;
  std::memcpy(digest.bytes.data(), sha, digest.bytes.size());
  return digest;
}

std::string Digest::ToHex() const { return absl::BytesToHexString(view()); }

}  // namespace larder

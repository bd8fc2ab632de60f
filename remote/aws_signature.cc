// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/aws_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

constexpr absl::string_view kAlgorithm = "AWS4-HMAC-SHA256";
// SHA-256 of nothing. Rather than UNSIGNED-PAYLOAD, which some stores refuse over plain HTTP.
constexpr absl::string_view kEmptyBodyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string Sha256Hex(absl::string_view text) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
         reinterpret_cast<uint8_t*>(hash.data()));
  return absl::BytesToHexString(hash);
}

std::string HmacSha256(absl::string_view key, absl::string_view text) {
  std::string mac(SHA256_DIGEST_LENGTH, '\0');
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const uint8_t*>(text.data()), text.size(),
       reinterpret_cast<uint8_t*>(mac.data()), &length);
  return mac;
}

std::string SigningKey(const Credentials& credentials, absl::string_view date,
                       absl::string_view region) {
  const std::string key = HmacSha256(absl::StrCat("AWS4", credentials.secret_access_key()), date);
  return HmacSha256(HmacSha256(HmacSha256(key, region), "s3"), "aws4_request");
}

}  // namespace

std::string CanonicalQuery(std::vector<std::pair<std::string, std::string>> parameters) {
  for (auto& [name, value] : parameters) {
    name = PercentEncode(name, /*keep_slashes=*/false);
    value = PercentEncode(value, /*keep_slashes=*/false);
  }
  // By encoded name, then by encoded value.
  std::sort(parameters.begin(), parameters.end());
  return absl::StrJoin(parameters, "&", absl::PairFormatter("="));
}

HeaderList SignRequest(const RequestToSign& request, const Credentials& credentials,
                       absl::string_view region, absl::Time now) {
  const std::string timestamp = absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone());
  const std::string date = timestamp.substr(0, 8);

  HeaderList added = {{"x-amz-content-sha256", std::string(kEmptyBodyHash)},
                      {"x-amz-date", timestamp}};
  if (!credentials.session_token().empty()) {
    added.emplace_back("x-amz-security-token", credentials.session_token());
  }
  HeaderList signed_headers = request.extra_headers;
  signed_headers.emplace_back("host", request.host);
  signed_headers.insert(signed_headers.end(), added.begin(), added.end());
  std::sort(signed_headers.begin(), signed_headers.end());
  const std::string names = absl::StrJoin(
      signed_headers, ";", [](std::string* out, const auto& header) { out->append(header.first); });

  std::string canonical =
      absl::StrCat(request.method, "\n", request.path, "\n", request.query, "\n");
  for (const auto& [name, value] : signed_headers) {
    absl::StrAppend(&canonical, name, ":", absl::StripAsciiWhitespace(value), "\n");
  }
  absl::StrAppend(&canonical, "\n", names, "\n", kEmptyBodyHash);

  const std::string scope = absl::StrCat(date, "/", region, "/s3/aws4_request");
  const std::string to_sign =
      absl::StrCat(kAlgorithm, "\n", timestamp, "\n", scope, "\n", Sha256Hex(canonical));
  const std::string signature =
      absl::BytesToHexString(HmacSha256(SigningKey(credentials, date, region), to_sign));
  added.emplace_back("authorization",
                     absl::StrCat(kAlgorithm, " Credential=", credentials.access_key_id(), "/",
                                  scope, ",SignedHeaders=", names, ",Signature=", signature));
  return added;
}

}  // namespace larder::remote

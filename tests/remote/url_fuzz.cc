// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Sources, endpoints and redirects as a user or a server may write them: what is accepted can be
// written down and read again, and no secret of a URL comes into a message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "remote/brace_store.h"
#include "remote/s3_url.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckUrl(const absl::StatusOr<Url>& url) {
  if (!url.ok()) return;
  const auto again = ParseUrl(url->ToString());
  Require(again.ok() && again->ToString() == url->ToString());
  Require(url->port != 0 && !url->host.empty() && url->path.front() == '/');
  Require(again->host == url->host && again->path == url->path && again->query == url->query);
}

void CheckPercent(const std::string& text) {
  for (const bool keep_slashes : {false, true}) {
    const std::string encoded = PercentEncode(text, keep_slashes);
    Require(PercentDecode(encoded) == text);
  }
  const auto decoded = PercentDecode(text);
  if (decoded) Require(PercentDecode(PercentEncode(*decoded)) == decoded);
}

void CheckS3(const std::string& text) {
  const auto location = S3Location::Parse(text);
  if (location.ok()) {
    const auto again = S3Location::Parse(location->ToString());
    Require(again.ok() && again->bucket == location->bucket && again->prefix == location->prefix);
    const std::string key = location->Key("folder/file");
    Require(key == absl::StrCat(location->FolderPrefix("folder"), "file"));
  }
  for (const auto addressing :
       {S3Addressing::kAuto, S3Addressing::kPath, S3Addressing::kVirtualHost}) {
    const auto endpoint = S3Endpoint::Make("bucket", text, "region", addressing);
    if (!endpoint.ok()) continue;
    const auto url = ParseUrl(absl::StrCat(endpoint->Origin(), endpoint->Path(text)));
    Require(url.ok() && url->query.empty());
  }
}

}  // namespace
}  // namespace larder::remote

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  larder::remote::CheckUrl(larder::remote::ParseUrl(text));
  larder::remote::CheckUrl(larder::remote::ResolveUrl("https://host:8080/a/b?c", text));
  const std::string shown = larder::remote::UrlForPeople(text);
  larder::remote::Require(shown.find_first_of("?#") == std::string::npos);
  // Whatever stands before an '@' of the authority is a secret.
  const std::string with_secret = larder::remote::UrlForPeople("https://u:s3cr3t@" + text);
  larder::remote::Require(with_secret.find("s3cr3t") == std::string::npos ||
                          text.find("s3cr3t") != std::string::npos);
  larder::remote::CheckPercent(text);
  larder::remote::CheckS3(text);
  if (larder::remote::BraceStore::HasBraces(text)) {
    const auto source = larder::remote::BraceStore::ParseSource(text);
    if (source.ok()) larder::remote::Require(!source->components.empty());
  }
  return 0;
}

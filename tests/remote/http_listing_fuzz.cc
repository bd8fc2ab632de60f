// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>

#include "remote/http_listing.h"
#include "remote/posix_names.h"

// Whatever a server sends as a listing, every name that comes of it is a POSIX name.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const larder::remote::Url folder =
      *larder::remote::ParseUrl("http://host:8080/data%20set/");
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto parse : {larder::remote::ParseHtmlListing, larder::remote::ParseJsonListing,
                           larder::remote::ParseHttpListing}) {
    const auto page = parse(text, folder);
    if (!page.ok()) continue;
    for (const larder::remote::ListEntry& entry : page->entries) {
      if (!larder::remote::IsPosixName(entry.name)) std::abort();
    }
  }
  return 0;
}

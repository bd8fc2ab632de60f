// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// Whatever a store answers instead of an object becomes an error, in one line of bounded length.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "remote/s3_error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  larder::remote::S3Request request;
  request.object = "s3://bucket/key";
  request.bucket = "bucket";
  request.endpoint = "https://store";
  request.is_anonymous = (data[0] & 1) != 0;
  larder::remote::HttpHead head;
  head.status = 300 + (data[0] << 8 | data[1]) % 300;
  head.url = "https://store/bucket/key";
  const absl::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const larder::remote::HttpRefusal refusal = larder::remote::ExplainS3Error(request, head, body);
  if (refusal.status.ok()) std::abort();
  if (refusal.status.message().size() > 10 * larder::remote::kMaxErrorText) std::abort();
  for (const char c : refusal.status.message()) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
  return 0;
}

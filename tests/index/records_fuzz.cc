// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// What is no record is refused, and what is taken for one is exactly the bytes that it stands for:
// nothing is misread, and nothing is lost when it is written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "index/records.h"

namespace {

template <typename Record>
void RoundTrip(absl::string_view bytes) {
  const auto record = Record::Decode(bytes);
  if (record && record->Encode() != bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  RoundTrip<larder::index::ObjectRecord>(bytes);
  RoundTrip<larder::index::BlockRecord>(bytes);
  RoundTrip<larder::index::EntryRecord>(bytes);
  RoundTrip<larder::index::FolderRecord>(bytes);
  RoundTrip<larder::index::MetaRecord>(bytes);
  return 0;
}

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/credentials.h"

#include <ostream>

namespace larder::remote {

void PrintTo(const Credentials&, std::ostream* out) { *out << "(credentials, not shown)"; }

}  // namespace larder::remote

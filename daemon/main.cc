// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/command_line.h"

int main(int argc, char** argv) { return larder::RunCommandLine(argc, argv); }

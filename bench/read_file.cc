// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
// read_file FILE seq|random BLOCK_BYTES TOTAL_BYTES [SEED]: reads a file with pread and prints
// seconds. One thread, buffered, as training scripts read. Random offsets are multiples of the
// block, the same for one seed.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: read_file FILE seq|random BLOCK_BYTES TOTAL_BYTES [SEED]\n");
    return 2;
  }
  const bool random = std::strcmp(argv[2], "random") == 0;
  const uint64_t block = std::strtoull(argv[3], nullptr, 10);
  const uint64_t total = std::strtoull(argv[4], nullptr, 10);
  uint64_t state = argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 1;
  const int fd = ::open(argv[1], O_RDONLY);
  struct stat st;
  if (fd < 0 || ::fstat(fd, &st) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  const uint64_t blocks = static_cast<uint64_t>(st.st_size) / block;
  std::vector<char> buffer(block);
  const auto start = std::chrono::steady_clock::now();
  uint64_t done = 0;
  for (uint64_t at = 0; done < total; ++at) {
    uint64_t number = at % blocks;
    if (random) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      number = (state >> 24) % blocks;
    }
    const ssize_t n = ::pread(fd, buffer.data(), block, static_cast<off_t>(number * block));
    if (n <= 0) {
      std::perror("pread");
      return 1;
    }
    done += static_cast<uint64_t>(n);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%.6f\n", seconds.count());
  return 0;
}

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/fuse/mount_table.h"

#include <limits.h>
#include <stdlib.h>

#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/errors.h"
#include "base/file.h"

namespace larder::fuse {
namespace {

// 100,000 mounts of long names; containers' hosts have thousands.
constexpr size_t kTableBytes = 64 << 20;

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

// Space, tab, newline and backslash stand as \040, \011, \012, \134.
std::string Unescape(absl::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && IsOctal(text[i + 1]) && IsOctal(text[i + 2]) &&
        IsOctal(text[i + 3])) {
      plain.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                        (text[i + 3] - '0')));
      i += 3;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

std::optional<MountEntry> ParseLine(absl::string_view line) {
  // 36 35 98:0 /root /mountpoint options [optional fields] - type source super-options
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ');
  size_t dash = 6;
  while (dash < fields.size() && fields[dash] != "-") ++dash;
  if (dash + 2 >= fields.size()) return std::nullopt;
  MountEntry entry;
  entry.device = std::string(fields[2]);
  entry.mountpoint = Unescape(fields[4]);
  entry.type = std::string(fields[dash + 1]);
  entry.source = Unescape(fields[dash + 2]);
  return entry;
}

struct FreeDeleter {
  void operator()(char* text) const { free(text); }
};

absl::StatusOr<std::string> RealPath(const std::string& path) {
  const std::unique_ptr<char, FreeDeleter> real(realpath(path.c_str(), nullptr));
  if (real == nullptr) return ErrnoError(errno, path);
  return std::string(real.get());
}

}  // namespace

std::vector<MountEntry> ParseMountTable(absl::string_view text) {
  std::vector<MountEntry> table;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (auto entry = ParseLine(line)) table.push_back(*std::move(entry));
  }
  return table;
}

absl::StatusOr<std::vector<MountEntry>> ReadMountTable() {
  LARDER_ASSIGN_OR_RETURN(const std::string text,
                          ReadFileToString("/proc/self/mountinfo", kTableBytes));
  return ParseMountTable(text);
}

std::optional<MountEntry> FindMount(const std::vector<MountEntry>& table,
                                    absl::string_view mountpoint) {
  for (auto it = table.rbegin(); it != table.rend(); ++it) {
    if (it->mountpoint == mountpoint) return *it;
  }
  return std::nullopt;
}

std::optional<MountEntry> FindMountOf(const std::vector<MountEntry>& table,
                                      absl::string_view path) {
  std::optional<MountEntry> found;
  for (const MountEntry& entry : table) {
    absl::string_view rest = path;
    const bool above = entry.mountpoint == "/" || (absl::ConsumePrefix(&rest, entry.mountpoint) &&
                                                   (rest.empty() || rest.front() == '/'));
    if (above && (!found || entry.mountpoint.size() >= found->mountpoint.size())) found = entry;
  }
  return found;
}

absl::StatusOr<std::string> ResolveMountpoint(absl::string_view mountpoint) {
  std::string path(mountpoint);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (path.empty()) return absl::InvalidArgumentError("the mountpoint is empty");
  if (name.empty() || name == "." || name == "..") return RealPath(path);
  const std::string parent = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  LARDER_ASSIGN_OR_RETURN(std::string real, RealPath(parent));
  if (real.back() != '/') real.push_back('/');
  real += name;
  // What is mounted is no symlink, and need not answer.
  LARDER_ASSIGN_OR_RETURN(const std::vector<MountEntry> table, ReadMountTable());
  if (FindMount(table, real)) return real;
  absl::StatusOr<std::string> resolved = RealPath(real);
  if (absl::IsNotFound(resolved.status())) return real;
  return resolved;
}

}  // namespace larder::fuse

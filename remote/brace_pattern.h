// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_BRACE_PATTERN_H_
#define LARDER_REMOTE_BRACE_PATTERN_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace larder::remote {

inline constexpr uint64_t kMaxBraceNames = 10'000'000;

// One path component with braces, as WebDataset (and bash) expand it: "shard-{000000..000146}.tar",
// "{a,b}-{9..1..2}". Ranges of whole numbers (padded with zeros to the wider end where either end
// starts with one) or of single letters, with an optional step; lists. No braces within braces.
// Immutable once parsed.
class BracePattern {
 public:
  // `text` is percent-encoded, names are not. InvalidArgument says what is wrong: an unbalanced or
  // empty brace, more than kMaxBraceNames names, a name twice, a name that is no POSIX name.
  static absl::StatusOr<BracePattern> Parse(absl::string_view text);

  uint64_t count() const { return count_; }
  // The name at `index` < count(); the last brace changes fastest.
  std::string Name(uint64_t index) const;
  bool Contains(absl::string_view name) const { return Matches(0, name); }

 private:
  // One run of the pattern: a list of texts (one: a literal) or a range.
  struct Piece {
    std::vector<std::string> texts;
    // Of a range (texts empty):
    int64_t first = 0;
    int64_t step = 1;  // may be negative
    uint64_t steps = 0;
    int width = 0;  // zero-padded to this; 0: not padded
    bool letters = false;

    uint64_t count() const { return texts.empty() ? steps : texts.size(); }
    std::string Text(uint64_t index) const;
    bool Has(absl::string_view text) const;
    std::pair<size_t, size_t> Lengths() const;  // the least and the most bytes of a text
  };

  static absl::StatusOr<Piece> ParseBrace(absl::string_view inside);
  static absl::StatusOr<Piece> ParseRange(absl::string_view inside);
  absl::Status AddPiece(Piece piece);
  absl::Status CheckNames() const;
  bool Matches(size_t piece, absl::string_view rest) const;

  std::vector<Piece> pieces_;
  uint64_t count_ = 1;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_BRACE_PATTERN_H_

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/brace_pattern.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/errors.h"
#include "remote/posix_names.h"
#include "remote/url.h"

namespace larder::remote {
namespace {

// 18 digits fit an int64_t, as does every difference of two such numbers.
constexpr size_t kMaxDigits = 18;

// Names that are looked at one by one, where braces of uneven lengths might make one twice.
constexpr uint64_t kMaxCheckedNames = 1'000'000;

absl::Status Wrong(absl::string_view why) { return absl::InvalidArgumentError(why); }

// A whole number as it stands in a range: an optional '-', then digits.
std::optional<int64_t> ParseNumber(absl::string_view text) {
  absl::string_view digits = text;
  if (!digits.empty() && digits[0] == '-') digits.remove_prefix(1);
  const bool all_digits = std::all_of(digits.begin(), digits.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  int64_t value;
  if (digits.empty() || digits.size() > kMaxDigits || !all_digits ||
      !absl::SimpleAtoi(text, &value)) {
    return std::nullopt;
  }
  return value;
}

bool IsLetter(absl::string_view text) {
  return text.size() == 1 && absl::ascii_isalpha(static_cast<unsigned char>(text[0]));
}

bool StartsWithZero(absl::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0';
}

}  // namespace

std::string BracePattern::Piece::Text(uint64_t index) const {
  if (!texts.empty()) return texts[index];
  const int64_t value = first + static_cast<int64_t>(index) * step;
  if (letters) return std::string(1, static_cast<char>(value));
  std::string digits = absl::StrCat(value < 0 ? -value : value);
  const size_t sign = value < 0 ? 1 : 0;
  if (digits.size() + sign < static_cast<size_t>(width))
    digits.insert(0, width - sign - digits.size(), '0');
  return sign != 0 ? absl::StrCat("-", digits) : digits;
}

bool BracePattern::Piece::Has(absl::string_view text) const {
  if (!texts.empty()) return std::find(texts.begin(), texts.end(), text) != texts.end();
  int64_t value;
  if (letters) {
    if (text.size() != 1) return false;
    value = static_cast<unsigned char>(text[0]);
  } else {
    const std::optional<int64_t> number = ParseNumber(text);
    if (!number.has_value()) return false;
    value = *number;
  }
  const int64_t distance = value - first;
  if (distance % step != 0 || distance / step < 0) return false;
  const auto index = static_cast<uint64_t>(distance / step);
  return index < steps && Text(index) == text;  // 007 is not 7
}

std::pair<size_t, size_t> BracePattern::Piece::Lengths() const {
  if (texts.empty()) {
    const std::string last = Text(steps - 1);
    const bool crosses_zero = width == 0 && (first < 0) != (last[0] == '-');
    return std::minmax({Text(0).size(), last.size(), crosses_zero ? size_t{1} : last.size()});
  }
  const auto [least, most] = std::minmax_element(
      texts.begin(), texts.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return {least->size(), most->size()};
}

absl::StatusOr<BracePattern::Piece> BracePattern::ParseRange(absl::string_view inside) {
  const std::vector<absl::string_view> parts = absl::StrSplit(inside, "..");
  if (parts.size() < 2 || parts.size() > 3) {
    return Wrong(absl::StrCat("'{", inside, "}' is no range such as {000..146}"));
  }
  Piece piece;
  std::optional<int64_t> first = ParseNumber(parts[0]);
  std::optional<int64_t> last = ParseNumber(parts[1]);
  if (IsLetter(parts[0]) && IsLetter(parts[1])) {
    piece.letters = true;
    first = parts[0][0];
    last = parts[1][0];
  } else if (StartsWithZero(parts[0]) || StartsWithZero(parts[1])) {
    piece.width = static_cast<int>(std::max(parts[0].size(), parts[1].size()));
  }
  const std::optional<int64_t> step = parts.size() == 3 ? ParseNumber(parts[2]) : 1;
  if (!first.has_value() || !last.has_value() || !step.has_value() || *step == 0) {
    return Wrong(
        absl::StrCat("'{", inside, "}' is no range of numbers or letters such as {000..146}"));
  }
  const int64_t stride = *step < 0 ? -*step : *step;
  piece.first = *first;
  piece.step = *last < *first ? -stride : stride;
  const int64_t distance = *last < *first ? *first - *last : *last - *first;
  piece.steps = static_cast<uint64_t>(distance / stride) + 1;
  return piece;
}

absl::StatusOr<BracePattern::Piece> BracePattern::ParseBrace(absl::string_view inside) {
  if (inside.find(',') == absl::string_view::npos) return ParseRange(inside);
  Piece piece;
  for (const absl::string_view part : absl::StrSplit(inside, ',')) {
    std::optional<std::string> text = PercentDecode(part);
    if (!text.has_value())
      return Wrong(absl::StrCat("'", part, "' is not percent-encoded rightly"));
    piece.texts.push_back(*std::move(text));
  }
  return piece;
}

absl::Status BracePattern::AddPiece(Piece piece) {
  const uint64_t count = piece.count();
  if (count > kMaxBraceNames || count_ * count > kMaxBraceNames) {
    return Wrong(absl::StrCat("the braces stand for more than ", kMaxBraceNames, " names"));
  }
  count_ *= count;
  pieces_.push_back(std::move(piece));
  return absl::OkStatus();
}

absl::StatusOr<BracePattern> BracePattern::Parse(absl::string_view text) {
  BracePattern pattern;
  while (!text.empty()) {
    const size_t open = text.find_first_of("{}");
    if (open != 0) {
      std::optional<std::string> literal = PercentDecode(text.substr(0, open));
      if (!literal.has_value()) return Wrong("it is not percent-encoded rightly");
      LARDER_RETURN_IF_ERROR(pattern.AddPiece({.texts = {*std::move(literal)}}));
      if (open == absl::string_view::npos) break;
    }
    const size_t close = text.find_first_of("{}", open + 1);
    if (text[open] == '}' || close == absl::string_view::npos) {
      return Wrong("a brace has no partner (a real brace in a name is written %7B or %7D)");
    }
    if (text[close] == '{') return Wrong("braces within braces are not supported");
    LARDER_ASSIGN_OR_RETURN(Piece piece, ParseBrace(text.substr(open + 1, close - open - 1)));
    LARDER_RETURN_IF_ERROR(pattern.AddPiece(std::move(piece)));
    text.remove_prefix(close + 1);
  }
  LARDER_RETURN_IF_ERROR(pattern.CheckNames());
  return pattern;
}

absl::Status BracePattern::CheckNames() const {
  size_t longest = 0;
  size_t shortest = 0;
  bool may_be_dots = true;  // or empty: no range makes either
  int uneven = 0;  // braces whose texts differ in length: two of them can make one name in two ways
  for (const Piece& piece : pieces_) {
    const auto [least, most] = piece.Lengths();
    shortest += least;
    longest += most;
    if (least != most) ++uneven;
    if (piece.texts.empty()) may_be_dots = false;
    absl::flat_hash_set<absl::string_view> seen;
    for (const std::string& text : piece.texts) {
      if (!seen.insert(text).second)
        return Wrong(absl::StrCat("'", text, "' stands twice in a list"));
      if (text.find('/') != std::string::npos || text.find('\0') != std::string::npos) {
        return Wrong("it holds an encoded '/' or NUL");
      }
    }
  }
  if (longest > kMaxNameBytes)
    return Wrong(absl::StrCat("a name is over ", kMaxNameBytes, " bytes"));
  if (shortest > 2) may_be_dots = false;
  if (uneven < 2 && !may_be_dots) return absl::OkStatus();
  if (uneven >= 2 && count_ > kMaxCheckedNames) {
    return Wrong(absl::StrCat("more than ", kMaxCheckedNames,
                              " names with several braces of uneven lengths"));
  }
  absl::flat_hash_set<std::string> names;
  for (uint64_t i = 0; i < count_; ++i) {
    std::string name = Name(i);
    if (!IsPosixName(name)) return Wrong(absl::StrCat("'", name, "' is no file name"));
    if (uneven < 2) continue;
    if (const auto [at, inserted] = names.insert(std::move(name)); !inserted) {
      return Wrong(absl::StrCat("the name '", *at, "' comes twice"));
    }
  }
  return absl::OkStatus();
}

std::string BracePattern::Name(uint64_t index) const {
  std::vector<uint64_t> indexes(pieces_.size());
  for (size_t i = pieces_.size(); i-- > 0;) {
    indexes[i] = index % pieces_[i].count();
    index /= pieces_[i].count();
  }
  std::string name;
  for (size_t i = 0; i < pieces_.size(); ++i) name += pieces_[i].Text(indexes[i]);
  return name;
}

bool BracePattern::Matches(size_t piece, absl::string_view rest) const {
  if (piece == pieces_.size()) return rest.empty();
  for (size_t length = 0; length <= rest.size(); ++length) {
    if (pieces_[piece].Has(rest.substr(0, length)) && Matches(piece + 1, rest.substr(length)))
      return true;
  }
  return false;
}

}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/brace_pattern.h"

#include <gtest/gtest.h>

#include <vector>

namespace larder::remote {
namespace {

std::vector<std::string> Names(absl::string_view text) {
  const auto pattern = BracePattern::Parse(text);
  EXPECT_TRUE(pattern.ok()) << text << ": " << pattern.status();
  std::vector<std::string> names;
  if (!pattern.ok()) return names;
  for (uint64_t i = 0; i < pattern->count(); ++i) {
    names.push_back(pattern->Name(i));
    EXPECT_TRUE(pattern->Contains(names.back())) << names.back();
  }
  return names;
}

using List = std::vector<std::string>;

TEST(BracePatternTest, ExpandsAsWebDatasetDoes) {
  EXPECT_EQ(Names("shard-{000..002}.tar"),
            (List{"shard-000.tar", "shard-001.tar", "shard-002.tar"}));
  EXPECT_EQ(Names("{a,b}-{1..2}"), (List{"a-1", "a-2", "b-1", "b-2"}));
  EXPECT_EQ(Names("x{9..11}"), (List{"x9", "x10", "x11"}));
  EXPECT_EQ(Names("x{09..11}"), (List{"x09", "x10", "x11"}));
  EXPECT_EQ(Names("x{3..1}"), (List{"x3", "x2", "x1"}));
  EXPECT_EQ(Names("x{0..10..5}"), (List{"x0", "x5", "x10"}));
  EXPECT_EQ(Names("x{10..0..5}"), (List{"x10", "x5", "x0"}));
  EXPECT_EQ(Names("x{-1..1}"), (List{"x-1", "x0", "x1"}));
  EXPECT_EQ(Names("x{a..e..2}"), (List{"xa", "xc", "xe"}));
  EXPECT_EQ(Names("x{5..5}"), (List{"x5"}));
  EXPECT_EQ(Names("a{,.gz}"), (List{"a", "a.gz"}));
  EXPECT_EQ(Names("plain"), (List{"plain"}));
}

TEST(BracePatternTest, NamesAreDecodedBracesAreNot) {
  EXPECT_EQ(Names("a%20{b,%2C}%7B"), (List{"a b{", "a ,{"}));
}

TEST(BracePatternTest, ContainsOnlyWhatItMakes) {
  const auto pattern = BracePattern::Parse("shard-{000..146}.{tar,idx}");
  ASSERT_TRUE(pattern.ok());
  EXPECT_EQ(pattern->count(), 294u);
  for (const char* name : {"shard-000.tar", "shard-146.idx"})
    EXPECT_TRUE(pattern->Contains(name)) << name;
  for (const char* name :
       {"", "shard-147.tar", "shard-00.tar", "shard-0000.tar", "shard-1.tar", "shard-000.zip",
        "shard-000.tarx", "xshard-000.tar", "shard-+01.tar", "shard--01.tar"}) {
    EXPECT_FALSE(pattern->Contains(name)) << name;
  }
  EXPECT_FALSE(BracePattern::Parse("x{0..10..5}")->Contains("x1"));
}

TEST(BracePatternTest, TenMillionNamesAreTheLimit) {
  const auto pattern = BracePattern::Parse("{0000000..9999999}");
  ASSERT_TRUE(pattern.ok()) << pattern.status();
  EXPECT_EQ(pattern->Name(9'999'999), "9999999");
  EXPECT_TRUE(absl::IsInvalidArgument(BracePattern::Parse("{00000000..10000000}").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(BracePattern::Parse("{0000..9999}-{0000..9999}").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(BracePattern::Parse("{0..999999999999999999}").status()));
}

TEST(BracePatternTest, WrongOnesAreRefused) {
  for (const char* bad : {"{",
                          "}",
                          "a{1..2",
                          "a}b",
                          "{{1,2},3}",
                          "{}",
                          "{1}",
                          "{1..}",
                          "{..2}",
                          "{1..2..0}",
                          "{1..2..3..4}",
                          "{a..5}",
                          "{aa..bb}",
                          "{1..99999999999999999999}",
                          "{a,a}",
                          "{1,11}{1,}",
                          "{.,..}",
                          "{a,}{b,}",
                          "{a%2Fb,c}",
                          "{%,a}",
                          "",
                          "%zz",
                          "{1.5..2}",
                          "{+1..2}"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(BracePattern::Parse(bad).status())) << bad;
  }
  EXPECT_TRUE(
      absl::IsInvalidArgument(BracePattern::Parse(std::string(255, 'x') + "{1,2}").status()));
}

}  // namespace
}  // namespace larder::remote

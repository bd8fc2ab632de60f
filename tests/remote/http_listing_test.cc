// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_listing.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"

namespace larder::remote {
namespace {

Url Folder(absl::string_view url = "http://host:8080/data%20set/") { return *ParseUrl(url); }

std::map<std::string, EntryKind> Kinds(const absl::StatusOr<ListPage>& page) {
  std::map<std::string, EntryKind> kinds;
  EXPECT_TRUE(page.ok()) << page.status();
  if (!page.ok()) return kinds;
  for (const ListEntry& entry : page->entries) kinds[entry.name] = entry.kind;
  EXPECT_EQ(kinds.size(), page->entries.size());
  return kinds;
}

using Names = std::map<std::string, EntryKind>;

TEST(HtmlListingTest, Nginx) {
  const auto page = ParseHttpListing(
      "<html>\r\n<head><title>Index of /</title></head>\r\n<body>\r\n<h1>Index of "
      "/</h1><hr><pre><a href=\"../\">../</a>\r\n"
      "<a href=\"train/\">train/</a>                    22-Nov-2026 10:00                   -\r\n"
      "<a href=\"./12%3A30\">12:30</a>                    22-Nov-2026 10:00                   5\r\n"
      "<a href=\"a%26b%20c.jpg\">a&amp;b c.jpg</a>                    22-Nov-2026 10:00            "
      "       5\r\n"
      "</pre><hr></body>\r\n</html>\r\n",
      Folder());
  EXPECT_EQ(Kinds(page), (Names{{"train", EntryKind::kFolder},
                                {"12:30", EntryKind::kFile},
                                {"a&b c.jpg", EntryKind::kFile}}));
  for (const ListEntry& entry : page->entries)
    EXPECT_FALSE(entry.version.has_value()) << entry.name;
}

TEST(HtmlListingTest, PythonHttpServer) {
  const auto page = ParseHttpListing(
      "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" "
      "\"http://www.w3.org/TR/html4/strict.dtd\">\n<html>\n<head>\n"
      "<title>Directory listing for /</title>\n</head>\n<body>\n<h1>Directory listing for "
      "/</h1>\n<hr>\n<ul>\n"
      "<li><a href=\"a%3Cb\">a&lt;b</a></li>\n<li><a href=\"link\">link@</a></li>\n<li><a "
      "href=\"sub/\">sub/</a></li>\n"
      "</ul>\n<hr>\n</body>\n</html>\n",
      Folder());
  EXPECT_EQ(
      Kinds(page),
      (Names{{"a<b", EntryKind::kFile}, {"link", EntryKind::kFile}, {"sub", EntryKind::kFolder}}));
}

TEST(HtmlListingTest, Apache) {
  const auto page = ParseHttpListing(
      "<!DOCTYPE HTML>\n<html><head><title>Index of /data set</title></head><body><h1>Index of "
      "/data set</h1><table>"
      "<tr><th><a href=\"?C=N;O=D\">Name</a></th><th><a href=\"?C=M;O=A\">Last "
      "modified</a></th></tr>"
      "<tr><td><a href=\"/\">Parent Directory</a></td></tr>"
      "<tr><td><a href=\"x.tar\"><img src=\"/icons/tar.gif\"></a></td><td><a "
      "href=\"x.tar\">x.tar</a></td></tr>"
      "<tr><td><a href='sub/'>sub/</a></td></tr></table></body></html>",
      Folder());
  EXPECT_EQ(Kinds(page), (Names{{"x.tar", EntryKind::kFile}, {"sub", EntryKind::kFolder}}));
}

TEST(HtmlListingTest, OnlyChildrenOfTheFolderCount) {
  struct Case {
    const char* href;
    const char* name;  // nullptr: no entry
  };
  const Case cases[] = {
      {"plain", "plain"},
      {"./dotted", "dotted"},
      {"././twice", "twice"},
      {"/data%20set/absolute", "absolute"},
      {"/data set/unencoded", "unencoded"},
      {"http://host:8080/data%20set/full", "full"},
      {"HTTP://HOST:8080/data%20set/shouting", "shouting"},
      {"//host:8080/data%20set/relative-scheme", "relative-scheme"},
      {"with%20blank", "with blank"},
      {"with&#32;entity", "with entity"},
      {"with&#x41;hex", "withAhex"},
      {"a&b", "a&b"},
      {"  padded  ", "padded"},
      {"name#place", "name"},
      {"", nullptr},
      {"../", nullptr},
      {"..", nullptr},
      {".", nullptr},
      {"./", nullptr},
      {"../sibling", nullptr},
      {"/", nullptr},
      {"/data%20set/", nullptr},
      {"/data%20set", nullptr},
      {"/other/x", nullptr},
      {"/data%20set2/x", nullptr},
      {"sub/grandchild", nullptr},
      {"?C=N;O=D", nullptr},
      {"./?C=N", nullptr},
      {"name?download", nullptr},
      {"#top", nullptr},
      {"http://host/data%20set/other-port", nullptr},
      {"https://host:8080/data%20set/other-scheme", nullptr},
      {"http://evil/data%20set/x", nullptr},
      {"//evil/data%20set/x", nullptr},
      {"javascript:alert(1)", nullptr},
      {"mailto:a@b", nullptr},
  };
  for (const Case& c : cases) {
    const auto page = ParseHtmlListing(
        absl::StrCat("<a href=\"../\">..</a><A CLASS=x HREF=\"", c.href, "\">x</A>"), Folder());
    ASSERT_TRUE(page.ok()) << c.href << ": " << page.status();
    ASSERT_EQ(page->entries.size(), c.name == nullptr ? 0u : 1u) << c.href;
    if (c.name != nullptr) {
      EXPECT_EQ(page->entries[0].name, c.name);
    }
    EXPECT_EQ(page->hidden_names, 0u) << c.href;
  }
}

TEST(HtmlListingTest, HostileNamesAreLeftOutAndCounted) {
  const std::string page = absl::StrCat(
      "<a href=\"..%2fetc%2fpasswd\">x</a><a href=\"%2e%2e\">x</a><a href=\"%2e/\">x</a><a "
      "href=\"a%00b\">x</a>"
      "<a href=\"a%2Fb\">x</a><a href=\"100%\">x</a><a href=\"",
      std::string(256, 'n'), "\">x</a><a href=\"good\">x</a>");
  const auto parsed = ParseHtmlListing(page, Folder());
  EXPECT_EQ(Kinds(parsed), (Names{{"good", EntryKind::kFile}}));
  EXPECT_EQ(parsed->hidden_names, 7u);
}

TEST(HtmlListingTest, AFolderAndAFileOfOneNameAreAFolder) {
  EXPECT_EQ(Kinds(ParseHtmlListing("<a href=\"a\">a</a><a href=\"a/\">a/</a><a href=\"a\">a</a>",
                                   Folder())),
            (Names{{"a", EntryKind::kFolder}}));
}

TEST(HtmlListingTest, CommentsAndOtherTagsAreNoLinks) {
  EXPECT_EQ(Kinds(ParseHtmlListing("<!-- <a href=\"x\">x</a> --><abbr href=\"y\"><area "
                                   "href=\"z\"><a name=\"n\"><a\nhref=w>w</a>"
                                   "<a href=\"one\" href=\"two\">",
                                   Folder())),
            (Names{{"w", EntryKind::kFile}, {"one", EntryKind::kFile}}));
}

TEST(HttpListingTest, MalformedOnesAreDataLossThatNamesTheUrl) {
  for (const char* bad : {"", "plain text", "\x89PNG", "<html><body>Welcome!</body></html>",
                          "<html><a href=\"x\">x</a>", "<a href=\"x", "<a ", "<!-- never ends", "[",
                          "[{\"name\":\"x\"}]", "[{\"name\":\"x\",\"type\":\"file\",\"size\":-1}]",
                          "[{\"name\":\"x\",\"type\":\"file\",\"size\":1.5}]",
                          "[{\"name\":\"x\",\"type\":\"file\",\"size\":99999999999999999999}]",
                          "[{\"name\":\"x\",\"type\":\"file\"},", "[1]", "[\"x\"]",
                          "[{\"type\":\"file\"}]", "[]]", "[[[[[[[[[[[[[[[[[[[[[["}) {
    const auto page = ParseHttpListing(bad, Folder());
    EXPECT_TRUE(absl::IsDataLoss(page.status())) << bad << ": " << page.status();
    EXPECT_NE(page.status().message().find("http://host:8080/data%20set/"), absl::string_view::npos)
        << page.status();
  }
}

TEST(HttpListingTest, EmptyFoldersAreNoError) {
  EXPECT_TRUE(ParseHttpListing("[]", Folder())->entries.empty());
  EXPECT_TRUE(ParseHttpListing("<html><a href=\"../\">../</a></html>", Folder())->entries.empty());
  EXPECT_TRUE(ParseHttpListing("<html><title>Directory listing for /</title></html>", Folder())
                  ->entries.empty());
}

TEST(JsonListingTest, Nginx) {
  const auto page = ParseHttpListing(
      "[\r\n{ \"name\":\"train\", \"type\":\"directory\", \"mtime\":\"Sun, 06 Nov 1994 08:49:37 "
      "GMT\" },\r\n"
      "{ \"name\":\"b\\\"q\\u0001\", \"type\":\"file\", \"mtime\":\"Sun, 06 Nov 1994 08:49:37 "
      "GMT\", \"size\":12345678901 },\r\n"
      "{ \"name\":\"no-size\", \"type\":\"file\" },\r\n{ \"name\":\"fifo\", \"type\":\"other\" "
      "}\r\n]",
      Folder());
  EXPECT_EQ(Kinds(page), (Names{{"train", EntryKind::kFolder},
                                {"b\"q\x01", EntryKind::kFile},
                                {"no-size", EntryKind::kFile}}));
  EXPECT_EQ(page->entries[1].version,
            (ObjectVersion{12345678901, absl::FromUnixSeconds(784'111'777), ""}));
  EXPECT_FALSE(page->entries[2].version.has_value());
}

TEST(JsonListingTest, NamesOfAnyBytesAreKept) {
  const auto page = ParseHttpListing(
      "[{\"name\":\"\xff\xe9\",\"type\":\"file\",\"size\":1},{\"name\":\"\xc3\xa9\",\"type\":"
      "\"file\",\"size\":1}]",
      Folder());
  EXPECT_EQ(Kinds(page), (Names{{"\xff\xe9", EntryKind::kFile}, {"\xc3\xa9", EntryKind::kFile}}));
  EXPECT_EQ(Kinds(ParseHttpListing("[{\"name\":\"é\",\"type\":\"file\",\"size\":1}]", Folder())),
            (Names{{"é", EntryKind::kFile}}));
}

TEST(JsonListingTest, HostileNamesAreLeftOutAndCounted) {
  const auto page = ParseHttpListing(
      "[{\"name\":\"..\",\"type\":\"directory\"},{\"name\":\"a/"
      "b\",\"type\":\"file\"},{\"name\":\"\",\"type\":\"file\"},"
      "{\"name\":\"a\\u0000b\",\"type\":\"file\"},{\"name\":\"ok\",\"type\":\"file\"}]",
      Folder());
  EXPECT_EQ(Kinds(page), (Names{{"ok", EntryKind::kFile}}));
  EXPECT_EQ(page->hidden_names, 4u);
}

TEST(JsonListingTest, UnknownFieldsDoNotMatter) {
  const auto page = ParseHttpListing(
      "[{\"more\":{\"name\":\"inner\",\"deep\":[1,[2]]},\"name\":\"x\",\"type\":\"file\",\"size\":"
      "3,\"mtime\":null,\"ok\":true}]",
      Folder());
  EXPECT_EQ(Kinds(page), (Names{{"x", EntryKind::kFile}}));
}

}  // namespace
}  // namespace larder::remote

// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/fs/fuse/mounted_session.h"

namespace larder::fuse {
namespace {

using ::testing::ElementsAre;

class SessionFoldersTest : public MountedSession {
 protected:
  void AddFiles(const std::string& folder, int count) {
    filesystem_.AddFolder(folder);
    for (int i = 0; i < count; ++i) {
      filesystem_.AddFile(absl::StrFormat("%s/file-%06d", folder, i), "x");
    }
  }
};

TEST_F(SessionFoldersTest, LargeFoldersAreListedWholeAndKept) {
  constexpr int kCount = 20000;
  AddFiles("large", kCount);
  Mount();
  const std::vector<std::string> names = ListAll(Path("large"));
  ASSERT_EQ(names.size(), kCount);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), kCount);
  const int listings = filesystem_.listings();
  EXPECT_EQ(ListAll(Path("large")), names);
  EXPECT_EQ(filesystem_.listings(), listings) << "the kernel keeps a listing that is good";
}

TEST_F(SessionFoldersTest, AListingIsAskedForAgainWhenItIsTooOld) {
  filesystem_.SetValidFor(absl::Milliseconds(50));
  filesystem_.AddFolder("folder");
  filesystem_.AddFile("folder/a", "x");
  Mount();
  EXPECT_THAT(ListAll(Path("folder")), ElementsAre("a"));
  filesystem_.AddFile("folder/b", "x");
  EXPECT_TRUE(Eventually([&] { return ListAll(Path("folder")).size() == 2; }));
}

TEST_F(SessionFoldersTest, PlacesAreFoundAgain) {
  constexpr int kCount = 3000;
  AddFiles("folder", kCount);
  Mount();
  DIR* const folder = opendir(Path("folder").c_str());
  ASSERT_NE(folder, nullptr);
  std::vector<std::pair<long, std::string>> places;  // telldir before the name
  long place = telldir(folder);
  while (const dirent* entry = readdir(folder)) {
    places.emplace_back(place, entry->d_name);
    place = telldir(folder);
  }
  ASSERT_EQ(places.size(), kCount + 2);
  for (size_t i : {2900u, 5u, 1u, 0u, 1500u, 2u, 3001u}) {
    seekdir(folder, places[i].first);
    const dirent* const entry = readdir(folder);
    ASSERT_NE(entry, nullptr) << i;
    EXPECT_EQ(entry->d_name, places[i].second);
  }
  rewinddir(folder);
  EXPECT_EQ(std::string(readdir(folder)->d_name), ".");
  closedir(folder);
}

TEST_F(SessionFoldersTest, NamesThatStayComeOnceThoughOthersGo) {
  filesystem_.SetValidFor(absl::ZeroDuration());
  constexpr int kCount = 5000;
  AddFiles("folder", kCount);
  Mount();
  DIR* const folder = opendir(Path("folder").c_str());
  ASSERT_NE(folder, nullptr);
  std::multiset<std::string> seen;
  for (int i = 0; const dirent* entry = readdir(folder); ++i) {
    seen.insert(entry->d_name);
    // Every fourth name goes while the listing is under way, some before and some behind it.
    if (i % 2 == 0 && i / 2 < kCount / 4) {
      filesystem_.Remove(absl::StrFormat("folder/file-%06d", i / 2 * 4));
    }
  }
  closedir(folder);
  for (int i = 0; i < kCount; ++i) {
    const size_t times = seen.count(absl::StrFormat("file-%06d", i));
    if (i % 4 != 0) {
      EXPECT_EQ(times, 1) << i;
    } else {
      EXPECT_LE(times, 1) << i;
    }
  }
}

TEST_F(SessionFoldersTest, NamesOnlyListingsAreLookedUp) {
  filesystem_.SetNamesOnly(true);
  filesystem_.AddFolder("folder");
  filesystem_.AddFile("folder/a", "12345");
  Mount();
  EXPECT_THAT(ListAll(Path("folder")), ElementsAre("a"));
  struct stat st;
  ASSERT_EQ(stat(Path("folder/a").c_str(), &st), 0);
  EXPECT_EQ(st.st_size, 5);
}

TEST_F(SessionFoldersTest, EveryLookupIsForgotten) {
  AddFiles("folder", 500);
  filesystem_.AddFile("top", "x");
  Mount();
  for (int i = 0; i < 3; ++i) ListAll(Path("folder"));
  ListAll(mountpoint_);
  ReadAll(Path("top"));
  struct stat st;
  stat(Path("folder/file-000003").c_str(), &st);
  stat(Path("folder/none").c_str(), &st);
  EXPECT_GT(filesystem_.lookup_count(), 0);
  EXPECT_TRUE(Eventually([&] {
    std::ofstream("/proc/sys/vm/drop_caches") << "2\n";
    return filesystem_.lookup_count() == 0;
  })) << filesystem_.lookup_count();
}

TEST_F(SessionFoldersTest, NegativeNamesAreKeptForTheirTime) {
  SessionOptions options = DefaultOptions();
  options.negative_ttl = absl::Milliseconds(100);
  Mount(options);
  struct stat st;
  EXPECT_EQ(stat(Path("late").c_str(), &st), -1);
  filesystem_.AddFile("late", "x");
  EXPECT_TRUE(Eventually([&] { return stat(Path("late").c_str(), &st) == 0; }));
}

}  // namespace
}  // namespace larder::fuse

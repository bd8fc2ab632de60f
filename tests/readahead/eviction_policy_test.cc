// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "readahead/eviction_policy.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace larder::readahead {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr uint64_t kBytes = 64 << 10;

class EvictionPolicyTest : public ::testing::Test {
 protected:
  ObjectUse UseOf(ObjectKey key, uint64_t dataset = 0) const {
    return {.key = key, .dataset = dataset, .bytes = kBytes, .at = now_};
  }
  void AddAll(ObjectKey first, ObjectKey end, uint64_t dataset = 0) {
    for (ObjectKey key = first; key < end; ++key) policy_->Add(key, dataset, kBytes);
  }
  void Pass(ObjectKey first, ObjectKey end, uint64_t dataset = 0) {
    for (ObjectKey key = first; key < end; ++key) policy_->Use(UseOf(key, dataset));
  }
  // Reads each, and admits it where something gives way; how many were.
  int ReadAndAdmit(ObjectKey first, ObjectKey end, uint64_t dataset) {
    int admitted = 0;
    for (ObjectKey key = first; key < end; ++key) {
      policy_->Use(UseOf(key, dataset));
      policy_->BeginSearch();
      const auto victim = policy_->NextVictim(UseOf(key, dataset));
      if (!victim.has_value()) continue;
      policy_->Remove(*victim);
      policy_->Add(key, dataset, kBytes);
      ++admitted;
    }
    return admitted;
  }
  // All that one search offers.
  std::vector<ObjectKey> Victims(std::optional<ObjectUse> newcomer) {
    std::vector<ObjectKey> keys;
    policy_->BeginSearch();
    for (;;) {
      const auto key = newcomer ? policy_->NextVictim(*newcomer) : policy_->NextForcedVictim(now_);
      if (!key.has_value()) return keys;
      keys.push_back(*key);
      if (keys.size() > 100000) {
        ADD_FAILURE() << "the search does not end";
        return keys;
      }
    }
  }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::unique_ptr<EvictionPolicy> policy_ =
      EvictionPolicy::Create({.capacity_bytes = 1000 * kBytes});
};

TEST_F(EvictionPolicyTest, AfterARestartNothingGivesWay) {
  AddAll(0, 1000);
  policy_->Use(UseOf(5000));
  EXPECT_THAT(Victims(UseOf(5000)), IsEmpty());
  EXPECT_EQ(policy_->Class(0), TrafficClass::kUnknown);
}

TEST_F(EvictionPolicyTest, RetiredObjectsGoFirst) {
  AddAll(0, 10);
  policy_->Retire(7);
  policy_->Retire(3);
  policy_->Retire(99);  // unknown
  EXPECT_THAT(Victims(UseOf(50)), ElementsAre(7, 3));
  EXPECT_THAT(Victims(UseOf(50)), UnorderedElementsAre(7, 3)) << "they stay until Remove";
  const std::vector<ObjectKey> forced = Victims(std::nullopt);
  ASSERT_EQ(forced.size(), 10);
  EXPECT_THAT(std::vector<ObjectKey>(forced.begin(), forced.begin() + 2),
              UnorderedElementsAre(7, 3));
}

TEST_F(EvictionPolicyTest, AKeyThatComesBackIsNotRetired) {
  AddAll(0, 10);
  policy_->Retire(7);
  policy_->Remove(7);
  policy_->Add(7, 0, kBytes);
  EXPECT_THAT(Victims(UseOf(50)), IsEmpty());
}

TEST_F(EvictionPolicyTest, PinnedObjectsAreNeverVictims) {
  AddAll(0, 10);
  for (ObjectKey key = 0; key < 8; ++key) policy_->SetPinned(key, true);
  policy_->Retire(2);
  policy_->Retire(9);
  EXPECT_THAT(Victims(UseOf(50)), ElementsAre(9));
  EXPECT_THAT(Victims(std::nullopt), UnorderedElementsAre(8, 9));
  policy_->SetPinned(2, false);
  EXPECT_THAT(Victims(UseOf(50)), UnorderedElementsAre(2, 9)) << "still retired";
}

TEST_F(EvictionPolicyTest, AForcedSearchOffersEveryObjectOnce) {
  AddAll(0, 3000, 0);
  AddAll(3000, 5000, 1);
  AddAll(5000, 5001, 2);
  Pass(0, 3000);
  const std::vector<ObjectKey> victims = Victims(std::nullopt);
  EXPECT_EQ(std::set<ObjectKey>(victims.begin(), victims.end()).size(), 5001);
  EXPECT_EQ(victims.size(), 5001);
}

TEST_F(EvictionPolicyTest, ADatasetThatNobodyReadsForLongGoesBeforeOthers) {
  AddAll(0, 20, 0);
  AddAll(20, 40, 1);
  Pass(0, 20, 0);
  Pass(20, 40, 1);
  now_ += absl::Hours(5);
  EXPECT_THAT(Victims(UseOf(100, 1)), IsEmpty());
  policy_->Use(UseOf(20, 1));
  now_ += absl::Hours(2);
  policy_->Use(UseOf(21, 1));
  const std::vector<ObjectKey> victims = Victims(UseOf(100, 1));
  ASSERT_EQ(victims.size(), 20);
  for (const ObjectKey key : victims) EXPECT_LT(key, 20);
}

TEST_F(EvictionPolicyTest, WhatAScanOfAnotherDatasetLeftGivesWay) {
  Pass(0, 1000, 0);
  AddAll(0, 1000, 0);
  // Another dataset is read for the first time, at some length.
  EXPECT_GT(ReadAndAdmit(10000, 14000, 1), 900);
  EXPECT_EQ(policy_->objects(), 1000);
}

TEST_F(EvictionPolicyTest, WhatWasUsedAgainGivesWayToNoFirstUses) {
  Pass(0, 1000, 0);
  AddAll(0, 1000, 0);
  for (int pass = 0; pass < 3; ++pass) Pass(0, 1000, 0);
  EXPECT_EQ(ReadAndAdmit(10000, 20000, 1), 0) << "another dataset";
  EXPECT_EQ(ReadAndAdmit(20000, 30000, 0), 0) << "the same dataset";
}

TEST_F(EvictionPolicyTest, WhatWasUsedAgainGivesWayToASecondPass) {
  for (const uint64_t dataset : {0, 1}) {
    policy_ = EvictionPolicy::Create({.capacity_bytes = 1000 * kBytes});
    Pass(0, 1000, 0);
    AddAll(0, 1000, 0);
    for (int pass = 0; pass < 3; ++pass) Pass(0, 1000, 0);
    EXPECT_EQ(ReadAndAdmit(10000, 13000, dataset), 0);
    EXPECT_GT(ReadAndAdmit(10000, 13000, dataset), 900) << "dataset " << dataset;
  }
}

TEST_F(EvictionPolicyTest, WhatWasThereBeforeARestartGivesWayToNoFirstUses) {
  AddAll(0, 1000, 0);
  EXPECT_EQ(ReadAndAdmit(10000, 20000, 1), 0);
}

TEST_F(EvictionPolicyTest, AHitOnWhatLookedDeadKeepsTheRest) {
  for (const bool hits : {false, true}) {
    policy_ = EvictionPolicy::Create({.capacity_bytes = 1000 * kBytes});
    Pass(0, 2000);
    AddAll(0, 1000);
    for (int pass = 0; pass < 4; ++pass) Pass(0, 2000);
    Pass(10000, 16000);
    if (hits) Pass(0, 10);
    Pass(1000, 1200);  // missed, and known
    // The job is back; or only what it held no room for is.
    const size_t victims = Victims(UseOf(1199)).size();
    if (hits) {
      EXPECT_LT(victims, 30) << "exchanged";
    } else {
      EXPECT_GT(victims, 900);
    }
  }
}

TEST_F(EvictionPolicyTest, TheNewcomerIsNoVictim) {
  AddAll(0, 2);
  policy_->Retire(0);
  policy_->Retire(1);
  EXPECT_THAT(Victims(UseOf(0)), ElementsAre(1));
}

TEST_F(EvictionPolicyTest, ASearchThatWasOnlyAQuestionChangesNothing) {
  AddAll(0, 1000);
  std::mt19937_64 random(1);
  for (int i = 0; i < 200000; ++i) {  // skewed: the lesser the likelier
    const uint64_t key = random() % (1 + random() % (1 + random() % 4000));
    policy_->Use(UseOf(key));
  }
  ASSERT_EQ(policy_->Class(0), TrafficClass::kSkewed);
  policy_->BeginSearch();
  const auto first = policy_->NextVictim(UseOf(9999));
  ASSERT_TRUE(first.has_value());
  policy_->BeginSearch();
  EXPECT_EQ(policy_->NextVictim(UseOf(9999)), first);
}

TEST_F(EvictionPolicyTest, OpensOfOneObjectByManyWorkersAreOneUse) {
  AddAll(0, 500);
  // Passes in which eight workers open each object: no skew, no short intervals.
  for (int pass = 0; pass < 12; ++pass) {
    for (ObjectKey key = 0; key < 1500; ++key) {
      for (int worker = 0; worker < 8; ++worker) policy_->Use(UseOf(key));
    }
  }
  EXPECT_EQ(policy_->Class(0), TrafficClass::kEpochScan);
}

TEST_F(EvictionPolicyTest, InEpochsAnEighthOfWhatIsMissedIsWritten) {
  AddAll(0, 1000);
  std::mt19937_64 random(5);
  std::vector<ObjectKey> order(2000);
  std::iota(order.begin(), order.end(), 0);
  std::set<ObjectKey> present(order.begin(), order.begin() + 1000);
  int missed = 0;
  int written = 0;
  for (int pass = 0; pass < 12; ++pass) {
    std::shuffle(order.begin(), order.end(), random);
    for (const ObjectKey key : order) {
      policy_->Use(UseOf(key));
      if (present.contains(key)) continue;
      ++missed;
      policy_->BeginSearch();
      const auto victim = policy_->NextVictim(UseOf(key));
      if (!victim.has_value()) continue;
      policy_->Remove(*victim);
      present.erase(*victim);
      policy_->Add(key, 0, kBytes);
      present.insert(key);
      ++written;
    }
  }
  EXPECT_NEAR(missed, 12 * 1000, 240);
  EXPECT_NEAR(written, missed / 8, missed / 50);
}

TEST_F(EvictionPolicyTest, TakesFewBytesAnObject) {
  policy_ = EvictionPolicy::Create({.capacity_bytes = uint64_t{300000} * kBytes});
  AddAll(0, 300000);
  EXPECT_LE(policy_->memory_bytes(), 300000 * 32);
  for (ObjectKey key = 0; key < 300000; ++key) {
    if (key % 100 != 0) policy_->Remove(key);
  }
  EXPECT_LE(policy_->memory_bytes(), 300000 * 12) << "slots are given back";
}

TEST_F(EvictionPolicyTest, DatasetsThatAreGoneAreForgotten) {
  for (uint64_t dataset = 0; dataset < 5000; ++dataset) {
    policy_->Use(UseOf(1, dataset));
    policy_->Add(dataset, dataset, kBytes);
    policy_->Remove(dataset);
  }
  EXPECT_LT(policy_->memory_bytes(), 4 << 20);
}

// Any order of calls, with odd values, against books kept here.
TEST_F(EvictionPolicyTest, AnyOrderOfCallsIsFine) {
  struct Known {
    bool pinned = false;
    bool retired = false;
  };
  for (const uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    policy_ = EvictionPolicy::Create({.capacity_bytes = seed == 1 ? 0 : seed * 40 * kBytes});
    std::map<ObjectKey, Known> books;
    std::set<ObjectKey> offered;
    std::mt19937_64 random(seed);
    const auto check = [&](std::optional<ObjectKey> victim, const char* what) {
      if (!victim.has_value()) return;
      ASSERT_TRUE(books.contains(*victim)) << what << ' ' << *victim;
      EXPECT_FALSE(books[*victim].pinned) << what << ' ' << *victim;
      EXPECT_TRUE(offered.insert(*victim).second) << what << " offers " << *victim << " again";
    };
    for (int step = 0; step < 40000; ++step) {
      const ObjectKey key = random() % 3 == 0 ? random() % 20 : random() % 3000;
      const uint64_t sizes[] = {0, 1, kBytes, 10 * kBytes, uint64_t{1} << 50, UINT64_MAX};
      const uint64_t bytes = sizes[random() % (random() % 50 == 0 ? 6 : 3)];
      const uint64_t dataset = key % 3;
      const ObjectUse use{.key = key, .dataset = dataset, .bytes = bytes, .at = now_};
      now_ += absl::Seconds(random() % 20);
      switch (random() % 12) {
        case 0:
        case 1:
        case 2:
          policy_->Use(use);
          break;
        case 3:
        case 4:
          policy_->Add(key, dataset, bytes);
          books[key];
          break;
        case 5:
          policy_->Subtract(key, bytes);
          break;
        case 6:
          policy_->Remove(key);
          books.erase(key);
          break;
        case 7:
          policy_->Retire(key);
          if (books.contains(key)) books[key].retired = true;
          break;
        case 8: {
          const bool pinned = random() % 2 == 0;
          policy_->SetPinned(key, pinned);
          if (books.contains(key)) books[key].pinned = pinned;
          break;
        }
        case 9:
          policy_->BeginSearch();
          offered.clear();
          if (random() % 100 == 0) policy_->SetCapacity(random() >> (random() % 64));
          break;
        case 10:
          check(policy_->NextVictim(use), "NextVictim");
          break;
        case 11:
          check(policy_->NextForcedVictim(now_), "NextForcedVictim");
          break;
      }
      ASSERT_EQ(policy_->objects(), books.size());
    }
    size_t unpinned = 0;
    for (const auto& [key, known] : books) unpinned += known.pinned ? 0 : 1;
    EXPECT_EQ(Victims(std::nullopt).size(), unpinned);
  }
}

}  // namespace
}  // namespace larder::readahead

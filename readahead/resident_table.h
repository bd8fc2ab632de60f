// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_READAHEAD_RESIDENT_TABLE_H_
#define LARDER_READAHEAD_RESIDENT_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace larder::readahead {

// One object on disk. 16 bytes, since there may be ten million.
struct Resident {
  static constexpr uint32_t kMaxUnits = (1u << 28) - 1;  // 1 TiB; larger objects count as this

  uint64_t key = 0;
  uint32_t units : 28;   // of 4 KiB
  uint32_t live : 1;     // 0: the slot is free
  uint32_t pinned : 1;   // never a victim
  uint32_t retired : 1;  // an old version
  uint32_t used : 1;     // since SIEVE's hand went by
  uint32_t stamp = 0;    // of the last use, on the quantized clock of its dataset

  Resident() : units(0), live(0), pinned(0), retired(0), used(0) {}
};
static_assert(sizeof(Resident) == 16);

// The books of what is on disk: objects in queues (one a dataset), in the order in which they came,
// found by key. Slots lie in segments of 1,024, which a queue links; a freed slot stays empty, and
// neighbouring segments that fit into one are merged, so a call moves at most 1,024 objects, and on
// average less than one. Not thread-safe.
class ResidentTable {
 public:
  using Slot = uint32_t;
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kSegmentSlots = 1024;

  // Places in a queue that each go around it on their own.
  enum Hand { kSieve, kAge, kDead, kSweep, kHands };

  ResidentTable();
  ResidentTable(const ResidentTable&) = delete;
  ResidentTable& operator=(const ResidentTable&) = delete;

  uint32_t AddQueue();
  // The queue must be empty; its number may be given again.
  void DropQueue(uint32_t queue);

  // kNone: not here. A slot is good until the next Insert or Erase.
  Slot Find(uint64_t key) const;
  Resident& at(Slot slot);
  uint32_t QueueOf(Slot slot) const { return segments_[slot / kSegmentSlots].queue; }

  // As the newest of `queue`. The key must not be here.
  Slot Insert(uint64_t key, uint32_t queue);
  void Erase(Slot slot);
  void SetUnits(Slot slot, uint64_t units);
  void SetPinned(Slot slot, bool pinned);

  // Moves a hand on to the next object, from the oldest to the newest and then round, over at most
  // *steps slots, which it counts down. kNone: no steps left, or the queue is empty.
  Slot Next(uint32_t queue, Hand hand, uint64_t* steps);
  // Makes `slot` the next that the hand of its queue finds.
  void StepBack(Slot slot, Hand hand) {
    queues_[QueueOf(slot)].hands[hand] = {slot / kSegmentSlots, slot % kSegmentSlots};
  }

  uint64_t objects() const { return by_key_.size(); }
  uint64_t objects(uint32_t queue) const { return queues_[queue].live; }
  uint64_t units(uint32_t queue) const { return queues_[queue].units; }
  uint64_t pinned(uint32_t queue) const { return queues_[queue].pinned; }
  // Steps in which a hand goes round once.
  uint64_t slots(uint32_t queue) const { return queues_[queue].segments * (kSegmentSlots + 1); }
  uint64_t memory_bytes() const;

 private:
  struct Segment {
    std::unique_ptr<Resident[]> residents;  // null: a free segment
    uint32_t queue = 0;
    uint32_t previous = kNone;
    uint32_t next = kNone;
    uint32_t end = 0;  // slots given out so far
    uint32_t live = 0;
  };
  struct Place {
    uint32_t segment = kNone;  // kNone: before the first
    uint32_t offset = 0;
  };
  struct Queue {
    uint32_t first = kNone;
    uint32_t last = kNone;
    uint64_t segments = 0;
    uint64_t live = 0;
    uint64_t pinned = 0;
    uint64_t units = 0;
    std::array<Place, kHands> hands;
  };
  struct Key {
    uint64_t value;
  };
  struct KeyHash {
    using is_transparent = void;
    const ResidentTable* table;
    size_t operator()(Key key) const;
    size_t operator()(Slot slot) const { return (*this)(Key{table->KeyAt(slot)}); }
  };
  struct KeyEqual {
    using is_transparent = void;
    const ResidentTable* table;
    bool operator()(Slot a, Slot b) const { return a == b; }
    bool operator()(Slot a, Key b) const { return table->KeyAt(a) == b.value; }
    bool operator()(Key a, Slot b) const { return (*this)(b, a); }
  };

  uint64_t KeyAt(Slot slot) const {
    return segments_[slot / kSegmentSlots].residents[slot % kSegmentSlots].key;
  }
  uint32_t AppendSegment(uint32_t queue);
  void FreeSegment(uint32_t number);
  void MergeAround(uint32_t number);
  bool MergeInto(uint32_t left, uint32_t right);
  // Moves the live slots of `from` behind the `end` of `to`, which may be the same segment.
  void MoveLive(uint32_t from, uint32_t to);

  std::vector<Segment> segments_;
  std::vector<uint32_t> free_segments_;
  std::vector<Queue> queues_;
  std::vector<uint32_t> free_queues_;
  absl::flat_hash_set<Slot, KeyHash, KeyEqual> by_key_;
};

}  // namespace larder::readahead

#endif  // LARDER_READAHEAD_RESIDENT_TABLE_H_

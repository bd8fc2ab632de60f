// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "readahead/resident_table.h"

#include <algorithm>

namespace larder::readahead {

ResidentTable::ResidentTable() : by_key_(0, KeyHash{this}, KeyEqual{this}) {}

size_t ResidentTable::KeyHash::operator()(Key key) const {
  // Keys come from a digest already; the multiplication guards against those of tests.
  const uint64_t product = key.value * 0x9E3779B97F4A7C15u;
  return product ^ (product >> 32);
}

uint32_t ResidentTable::AddQueue() {
  if (free_queues_.empty()) {
    queues_.emplace_back();
    return queues_.size() - 1;
  }
  const uint32_t queue = free_queues_.back();
  free_queues_.pop_back();
  queues_[queue] = Queue();
  return queue;
}

void ResidentTable::DropQueue(uint32_t queue) {
  while (queues_[queue].first != kNone) FreeSegment(queues_[queue].first);
  free_queues_.push_back(queue);
}

ResidentTable::Slot ResidentTable::Find(uint64_t key) const {
  const auto found = by_key_.find(Key{key});
  return found == by_key_.end() ? kNone : *found;
}

Resident& ResidentTable::at(Slot slot) {
  return segments_[slot / kSegmentSlots].residents[slot % kSegmentSlots];
}

ResidentTable::Slot ResidentTable::Insert(uint64_t key, uint32_t queue) {
  uint32_t number = queues_[queue].last;
  if (number == kNone || segments_[number].end == kSegmentSlots) number = AppendSegment(queue);
  Segment& segment = segments_[number];
  const Slot slot = number * kSegmentSlots + segment.end++;
  Resident& resident = at(slot);
  resident = Resident();
  resident.key = key;
  resident.live = 1;
  ++segment.live;
  ++queues_[queue].live;
  by_key_.insert(slot);
  return slot;
}

void ResidentTable::Erase(Slot slot) {
  const uint32_t number = slot / kSegmentSlots;
  Queue& queue = queues_[QueueOf(slot)];
  by_key_.erase(by_key_.find(slot));
  Resident& resident = at(slot);
  queue.units -= resident.units;
  queue.pinned -= resident.pinned;
  --queue.live;
  resident = Resident();
  if (--segments_[number].live == 0) {
    FreeSegment(number);
  } else {
    MergeAround(number);
  }
}

void ResidentTable::SetUnits(Slot slot, uint64_t units) {
  Resident& resident = at(slot);
  Queue& queue = queues_[QueueOf(slot)];
  queue.units -= resident.units;
  resident.units = std::min<uint64_t>(units, Resident::kMaxUnits);
  queue.units += resident.units;
}

void ResidentTable::SetPinned(Slot slot, bool pinned) {
  Resident& resident = at(slot);
  Queue& queue = queues_[QueueOf(slot)];
  queue.pinned -= resident.pinned;
  resident.pinned = pinned;
  queue.pinned += resident.pinned;
}

ResidentTable::Slot ResidentTable::Next(uint32_t queue_number, Hand hand, uint64_t* steps) {
  const Queue& queue = queues_[queue_number];
  if (queue.live == 0) return kNone;
  Place& place = queues_[queue_number].hands[hand];
  for (; *steps > 0; --*steps) {
    if (place.segment == kNone) place = {queue.first, 0};
    const Segment& segment = segments_[place.segment];
    if (place.offset >= segment.end) {
      place = {segment.next, 0};
      continue;
    }
    const Slot slot = place.segment * kSegmentSlots + place.offset++;
    // Past the newest it goes round at once: else those that come now would be the next found.
    if (place.offset == segment.end && segment.next == kNone) place = Place();
    if (at(slot).live) {
      --*steps;
      return slot;
    }
  }
  return kNone;
}

uint64_t ResidentTable::memory_bytes() const {
  const uint64_t filled = segments_.size() - free_segments_.size();
  return filled * kSegmentSlots * sizeof(Resident) + segments_.capacity() * sizeof(Segment) +
         free_segments_.capacity() * sizeof(uint32_t) + queues_.capacity() * sizeof(Queue) +
         by_key_.capacity() * (sizeof(Slot) + 1);
}

uint32_t ResidentTable::AppendSegment(uint32_t queue_number) {
  uint32_t number = segments_.size();
  if (free_segments_.empty()) {
    segments_.emplace_back();
  } else {
    number = free_segments_.back();
    free_segments_.pop_back();
  }
  Queue& queue = queues_[queue_number];
  Segment& segment = segments_[number];
  segment = Segment();
  segment.residents = std::make_unique<Resident[]>(kSegmentSlots);
  segment.queue = queue_number;
  segment.previous = queue.last;
  (queue.last == kNone ? queue.first : segments_[queue.last].next) = number;
  queue.last = number;
  ++queue.segments;
  return number;
}

void ResidentTable::FreeSegment(uint32_t number) {
  Segment& segment = segments_[number];
  Queue& queue = queues_[segment.queue];
  for (Place& place : queue.hands) {
    if (place.segment == number) place = {segment.next, 0};
  }
  (segment.previous == kNone ? queue.first : segments_[segment.previous].next) = segment.next;
  (segment.next == kNone ? queue.last : segments_[segment.next].previous) = segment.previous;
  --queue.segments;
  segment = Segment();
  free_segments_.push_back(number);
}

void ResidentTable::MergeAround(uint32_t number) {
  const uint32_t previous = segments_[number].previous;
  const uint32_t next = segments_[number].next;
  if (previous != kNone && MergeInto(previous, number)) return;
  if (next != kNone) MergeInto(number, next);
}

bool ResidentTable::MergeInto(uint32_t left, uint32_t right) {
  // The newest segment still takes objects; merged, it would do so in the middle of its slots.
  if (segments_[right].next == kNone && segments_[right].end < kSegmentSlots) return false;
  if (segments_[left].live + segments_[right].live > kSegmentSlots) return false;
  MoveLive(left, left);
  MoveLive(right, left);
  FreeSegment(right);
  return true;
}

void ResidentTable::MoveLive(uint32_t from, uint32_t to) {
  Segment& source = segments_[from];
  Segment& target = segments_[to];
  Queue& queue = queues_[source.queue];
  const uint32_t source_end = source.end;
  std::array<bool, kHands> moved{};
  uint32_t out = from == to ? 0 : target.end;
  for (uint32_t offset = 0; offset <= source_end; ++offset) {
    for (int hand = 0; hand < kHands; ++hand) {
      Place& place = queue.hands[hand];
      if (!moved[hand] && place.segment == from && place.offset == offset) {
        place = {to, out};
        moved[hand] = true;
      }
    }
    if (offset == source_end || !source.residents[offset].live) continue;
    if (from != to || out != offset) {
      // The hash is of the key, which stays: only the slot number in the set changes.
      const auto found = by_key_.find(Key{source.residents[offset].key});
      target.residents[out] = source.residents[offset];
      source.residents[offset] = Resident();
      const_cast<Slot&>(*found) = to * kSegmentSlots + out;
    }
    ++out;
  }
  target.end = out;
  if (from == to) return;
  target.live += source.live;
  source.live = 0;
  source.end = 0;
}

}  // namespace larder::readahead

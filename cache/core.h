// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_CACHE_CORE_H_
#define LARDER_CACHE_CORE_H_

#include <memory>

#include "base/metrics.h"
#include "base/thread_pool.h"
#include "cache/buffer_pool.h"
#include "cache/cache_folder.h"
#include "cache/dataset_bytes.h"
#include "cache/evictor.h"
#include "cache/held_blocks.h"
#include "cache/load_queue.h"
#include "cache/meta_state.h"
#include "cache/open_objects.h"
#include "cache/pack_store.h"
#include "cache/space.h"
#include "cache/waiting_objects.h"
#include "index/index.h"
#include "readahead/stream_detector.h"

namespace larder::cache {

// Objects up to this size are fetched whole and packed (docs/architecture.md).
inline constexpr uint64_t kPackedObjectBytes = 1 << 20;
// The unit of presence in larger ones.
inline constexpr uint32_t kBlockBytes = 1 << 20;
// One GET covers at most this many blocks: long enough that the round trip is a small part of it at
// 1 GB/s and 20 ms, short enough that a stream has several GETs, and so several connections, under
// way.
inline constexpr uint32_t kRunBlocks = 8;

// The parts that all objects of a cache share; made, and taken down in order, by CacheImpl. Each is
// thread-safe.
struct Core {
  std::unique_ptr<CacheFolder> folder;
  std::unique_ptr<index::Index> index;
  std::unique_ptr<MetaState> meta;
  std::unique_ptr<Space> space;
  std::unique_ptr<PackStore> packs;
  std::unique_ptr<OpenObjects> open;
  std::unique_ptr<Evictor> evictor;
  std::unique_ptr<BufferPool> buffers;
  std::unique_ptr<HeldBlocks> held;
  std::unique_ptr<WaitingObjects> waiting;
  std::unique_ptr<LoadQueue> loads;
  std::unique_ptr<ThreadPool> writes;   // blocks to disk
  std::unique_ptr<ThreadPool> replies;  // answers to readers that waited
  readahead::StreamOptions stream_options;
  DatasetBytes dataset_bytes;
  Counter written_bytes;
  Counter evicted_bytes;
  Counter corrupt_blocks;
};

// After a write or read that the disk refused. Said once, until filling goes on.
void StopFilling(Core& core, const absl::Status& cause);

}  // namespace larder::cache

#endif  // LARDER_CACHE_CORE_H_

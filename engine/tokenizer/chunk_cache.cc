// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/chunk_cache.h"

#include <algorithm>
#include <atomic>

namespace krait::engine {

static_assert(sizeof(ChunkCache::Entry) == 64, "one cache line each");

ChunkCache::ChunkCache()
    : entries_(std::make_unique<Entry[]>(size_t{1} << kLogEntries)) {}

ChunkCache& ChunkCache::OfThread() {
  static thread_local ChunkCache cache;
  return cache;
}

uint64_t ChunkCache::NewOwner() {
  static std::atomic<uint64_t> last{0};  // 0 marks a free entry
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

void ChunkCache::Entry::Store(uint64_t new_owner, std::string_view new_text,
                              std::span<const TokenId> new_ids) {
  if (new_ids.size() > kMaxIds || new_text.size() > kMaxTextBytes) return;
  owner = new_owner;
  num_bytes = static_cast<uint8_t>(new_text.size());
  num_ids = static_cast<uint8_t>(new_ids.size());
  std::copy(new_text.begin(), new_text.end(), text);
  std::copy(new_ids.begin(), new_ids.end(), ids);
}

}  // namespace krait::engine

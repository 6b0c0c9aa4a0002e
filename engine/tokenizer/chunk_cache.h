// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_CHUNK_CACHE_H_
#define KRAIT_ENGINE_TOKENIZER_CHUNK_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "engine/file/token.h"

namespace krait::engine {

// Remembers the ids of short chunks of text (a word, an indentation), because
// source code repeats them. One per thread, 512 KiB on first use, direct
// mapped: a chunk overwrites whatever shares its slot. It is shared by all
// tokenizers that the thread uses; each entry says whose it is, and is only
// believed if the whole text is equal.
class ChunkCache {
 public:
  static constexpr size_t kMaxTextBytes = 21;
  static constexpr size_t kMaxIds = 8;

  // Returns this thread's cache.
  static ChunkCache& OfThread();

  // Returns a number that no other tokenizer of the process has.
  static uint64_t NewOwner();

  struct Entry {
    uint64_t owner = 0;
    uint8_t num_ids = 0;
    uint8_t num_bytes = 0;
    char text[kMaxTextBytes + 1] = {};
    TokenId ids[kMaxIds] = {};

    bool Holds(uint64_t wanted_owner, std::string_view wanted) const {
      return owner == wanted_owner && num_bytes == wanted.size() &&
             std::memcmp(text, wanted.data(), wanted.size()) == 0;
    }
    std::span<const TokenId> Ids() const { return {ids, num_ids}; }
    // Does nothing for more ids than fit.
    void Store(uint64_t new_owner, std::string_view new_text,
               std::span<const TokenId> new_ids);
  };

  // Returns the slot of a text of at most kMaxTextBytes.
  Entry& SlotOf(uint64_t owner, std::string_view text) {
    return entries_[Hash(owner, text) >> (64 - kLogEntries)];
  }

 private:
  static constexpr int kLogEntries = 13;

  ChunkCache();
  static uint64_t Hash(uint64_t owner, std::string_view text) {
    uint64_t words[3] = {};
    std::memcpy(words, text.data(), text.size());
    uint64_t hash = owner + text.size();
    for (const uint64_t word : words) {
      hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
      hash ^= hash >> 29;
    }
    return hash * 0xBF58476D1CE4E5B9u;
  }

  std::unique_ptr<Entry[]> entries_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_CHUNK_CACHE_H_

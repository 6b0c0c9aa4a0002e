// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_MERGE_TABLE_H_
#define KRAIT_ENGINE_TOKENIZER_MERGE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/file/token.h"

namespace krait::engine {

// A pair of adjacent symbols becomes `result`; pairs of smaller rank first.
struct Merge {
  uint32_t rank = 0;
  TokenId result = 0;
};

// All merges of a vocabulary, by pair: a flat hash table, half empty, so that
// a look-up is one cache line in nearly all cases. Symbols are token ids, or
// ids beyond the vocabulary for characters that are no token themselves.
class MergeTable {
 public:
  // Room for this many pairs; call before the first Insert.
  void Reserve(size_t num_merges);

  // Keeps the pair that was inserted first.
  void Insert(TokenId left, TokenId right, Merge merge);

  // Returns null if the pair does not merge.
  const Merge* Find(TokenId left, TokenId right) const {
    if (slots_.empty()) return nullptr;
    const uint64_t key = Key(left, right);
    for (size_t i = SlotOf(key);; i = (i + 1) & mask_) {
      if (slots_[i].key == key) return &slots_[i].merge;
      if (slots_[i].key == kFree) return nullptr;
    }
  }

  size_t size() const { return num_used_; }

 private:
  // No pair has this key: ids are smaller than 2^32 - 1.
  static constexpr uint64_t kFree = std::numeric_limits<uint64_t>::max();
  struct Slot {
    uint64_t key = kFree;
    Merge merge;
  };

  static uint64_t Key(TokenId left, TokenId right) {
    return (uint64_t{left} << 32) | right;
  }
  size_t SlotOf(uint64_t key) const {
    return static_cast<size_t>((key * 0x9E3779B97F4A7C15u) >> shift_);
  }

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  unsigned shift_ = 63;
  size_t num_used_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_MERGE_TABLE_H_

// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/merge_table.h"

#include <cassert>

namespace krait::engine {

void MergeTable::Reserve(size_t num_merges) {
  assert(num_used_ == 0);
  size_t size = 16;
  shift_ = 60;
  while (size < num_merges * 2) {
    size *= 2;
    --shift_;
  }
  slots_.assign(size, Slot{});
  mask_ = size - 1;
}

void MergeTable::Insert(TokenId left, TokenId right, Merge merge) {
  assert((num_used_ + 1) * 2 <= slots_.size());
  const uint64_t key = Key(left, right);
  size_t i = SlotOf(key);
  for (; slots_[i].key != kFree; i = (i + 1) & mask_) {
    if (slots_[i].key == key) return;
  }
  slots_[i] = {key, merge};
  ++num_used_;
}

}  // namespace krait::engine

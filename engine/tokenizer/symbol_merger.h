// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_SYMBOL_MERGER_H_
#define KRAIT_ENGINE_TOKENIZER_SYMBOL_MERGER_H_

#include <cstdint>
#include <vector>

#include "engine/file/token.h"
#include "engine/tokenizer/merge_table.h"

namespace krait::engine {

// Byte-pair encoding: as long as any two neighbours merge, the pair of the
// smallest rank does, the leftmost one among equals. Replaces `symbols` by
// what remains. O(n log n) time, O(n) memory.
void MergeSymbols(const MergeTable& merges, std::vector<TokenId>* symbols);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_SYMBOL_MERGER_H_

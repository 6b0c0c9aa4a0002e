// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_INCREMENTAL_H_
#define KRAIT_GRAMMARS_TREE_SITTER_INCREMENTAL_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "grammars/edit.h"
#include "grammars/tree_sitter/handles.h"

namespace krait::grammars {

// A text in up to three pieces, so that an insertion can be parsed without
// copying what it is inserted into.
using TextPieces = std::array<std::string_view, 3>;

// Tells `tree` what is going to happen to its text.
void ApplyEdit(TSTree* tree, const Edit& edit);

// When a parse is to be given up: it takes from the first two what it needs.
struct ParseLimit {
  // Of the library, a hundred of its own each.
  size_t steps = std::numeric_limits<size_t>::max();
  // Of the processor, so that what else runs does not matter.
  std::chrono::microseconds cpu_time{};
  std::stop_token stop = {};
};

// Parses, reusing what it can of `old_tree`, which has been told of the edits
// since; null: from scratch. Only what is in the ranges is looked at, or all if
// there are none. Returns null if it was given up.
TreeHandle ParsePieces(TSParser* parser, const TSTree* old_tree,
                       const TextPieces& text,
                       const std::vector<TSRange>& ranges, ParseLimit* limit);

// Returns the ranges that the tree was made of.
std::vector<TSRange> RangesOf(const TSTree* tree);

// Grows the range that `edit`, an insertion, is made in, or ends at, and moves
// those behind it. False: it is in none.
bool InsertInRanges(const Edit& edit, std::vector<TSRange>* ranges);

// Returns how many error nodes and missing tokens the tree has. Costs time in
// proportion to the number of nodes around them only.
size_t CountErrorNodes(const TSTree* tree);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_INCREMENTAL_H_

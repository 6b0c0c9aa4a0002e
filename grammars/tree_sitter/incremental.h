// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_INCREMENTAL_H_
#define KRAIT_GRAMMARS_TREE_SITTER_INCREMENTAL_H_

#include <array>
#include <chrono>
#include <string_view>

#include "grammars/edit.h"
#include "grammars/tree_sitter/handles.h"

namespace krait::grammars {

// A text in up to three pieces, so that an insertion can be parsed without
// copying what it is inserted into.
using TextPieces = std::array<std::string_view, 3>;

// Tells `tree` what is going to happen to its text.
void ApplyEdit(TSTree* tree, const Edit& edit);

// Parses, reusing what it can of `old_tree`, which has been told of the edits
// since; null: from scratch. Returns null after `timeout`.
TreeHandle ParsePieces(TSParser* parser, const TSTree* old_tree,
                       const TextPieces& text,
                       std::chrono::milliseconds timeout);

// Returns how many error nodes and missing tokens the tree has. Costs time in
// proportion to the number of nodes around them only.
size_t CountErrorNodes(const TSTree* tree);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_INCREMENTAL_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_INSERTION_H_
#define KRAIT_GRAMMARS_TREE_SITTER_INSERTION_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "grammars/syntax_types.h"
#include "grammars/tree_sitter/grammar.h"
#include "grammars/tree_sitter/handles.h"

namespace krait::grammars {

// A text and its tree.
struct ParsedText {
  const Grammar& grammar;
  const TSTree* tree;  // not null
  std::string_view text;
};

// Says what `inserted` at `ofs`, at most the text's size, would do; see
// SyntaxTree::CheckInsertion.
//
// Where a language has rules of its own, these decide. Elsewhere the errors of
// the trees before and after are counted; where the tree says nothing of the
// place, as an error (be it another one) has taken it into itself, the line
// alone is parsed, too, with and without the insertion.
std::optional<InsertionErrors> CheckInsertionIn(const ParsedText& parsed,
                                                size_t ofs,
                                                std::string_view inserted,
                                                CheckBudget* budget);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_INSERTION_H_

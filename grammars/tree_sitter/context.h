// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_CONTEXT_H_
#define KRAIT_GRAMMARS_TREE_SITTER_CONTEXT_H_

#include <cstddef>
#include <string_view>

#include "grammars/syntax_types.h"
#include "grammars/tree_sitter/node_path.h"

namespace krait::grammars {

// Returns what a tree says of `ofs`, at most text.size(). Within a syntax error
// the lines speak instead.
SyntaxContext ContextOf(const Grammar& grammar, const TSTree* tree,
                        std::string_view text, size_t ofs);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_CONTEXT_H_

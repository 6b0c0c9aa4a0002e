// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_NODE_PATH_H_
#define KRAIT_GRAMMARS_TREE_SITTER_NODE_PATH_H_

#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammars/syntax_types.h"
#include "grammars/tree_sitter/grammar.h"

namespace krait::grammars {

// A node that the cursor is in, with what the queries say of it.
struct PathNode {
  TSNode node = {};
  unsigned roles = kNoRole;                // Role bits
  SymbolKind kind = SymbolKind::kSection;  // if kDefinition
  std::string_view name;                   // if kDefinition
  size_t Begin() const { return ts_node_start_byte(node); }
  size_t End() const { return ts_node_end_byte(node); }
  bool IsError() const { return ts_node_is_error(node); }
  bool Is(Role role) const { return (roles & role) != 0; }
};

// What of a tree concerns one offset.
struct NodePath {
  // From the root to the innermost node that the cursor is in.
  //
  // A node is looked for at the last byte before the cursor that is not white
  // space, as many a node ends where its content does, and kept if the cursor
  // is truly inside, if it lacks its end (`foo(a, `), or if indentation says
  // so.
  std::vector<PathNode> nodes;
  // Strings, comments and code in strings that hold the cursor, outermost
  // first.
  std::vector<PathNode> places;
  bool blank_before = false;  // only white space before it on its line
  bool has_error = false;     // the statement at the cursor is not well-formed
  // There was more to find out than is sensible: nodes further in, and what
  // queries say of some, are missing.
  bool cut = false;
};

// Returns the path for `ofs`, at most text.size(). What it costs grows with the
// depth of the nodes around the offset, up to a bound; not with what is beside
// them but for looking where the next one is.
NodePath FindPath(const Grammar& grammar, const TSTree* tree,
                  std::string_view text, size_t ofs);

std::string_view TextOf(TSNode node, std::string_view text);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_NODE_PATH_H_

// SPDX-License-Identifier: Apache-2.0
// Owning pointers to what the tree-sitter library makes.
#ifndef KRAIT_GRAMMARS_TREE_SITTER_HANDLES_H_
#define KRAIT_GRAMMARS_TREE_SITTER_HANDLES_H_

#include <tree_sitter/api.h>

#include <memory>

namespace krait::grammars {

struct HandleDeleter {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
  void operator()(TSQuery* query) const { ts_query_delete(query); }
  void operator()(TSQueryCursor* cursor) const {
    ts_query_cursor_delete(cursor);
  }
};

using ParserHandle = std::unique_ptr<TSParser, HandleDeleter>;
using TreeHandle = std::unique_ptr<TSTree, HandleDeleter>;
using QueryHandle = std::unique_ptr<TSQuery, HandleDeleter>;
using QueryCursorHandle = std::unique_ptr<TSQueryCursor, HandleDeleter>;

// Walks a tree without recursion.
class TreeCursor {
 public:
  explicit TreeCursor(TSNode root) : cursor_(ts_tree_cursor_new(root)) {}
  ~TreeCursor() { ts_tree_cursor_delete(&cursor_); }
  TreeCursor(const TreeCursor&) = delete;
  TreeCursor& operator=(const TreeCursor&) = delete;

  TSNode Node() const { return ts_tree_cursor_current_node(&cursor_); }
  // The name of the node's field in its parent, or null.
  const char* Field() const {
    return ts_tree_cursor_current_field_name(&cursor_);
  }
  bool ToFirstChild() { return ts_tree_cursor_goto_first_child(&cursor_); }
  bool ToLastChild() { return ts_tree_cursor_goto_last_child(&cursor_); }
  bool ToNextSibling() { return ts_tree_cursor_goto_next_sibling(&cursor_); }
  bool ToPreviousSibling() {
    return ts_tree_cursor_goto_previous_sibling(&cursor_);
  }
  bool ToParent() { return ts_tree_cursor_goto_parent(&cursor_); }
  // Goes to the first child that ends after the byte; false: there is none.
  bool ToChildOver(uint32_t byte_ofs) {
    return ts_tree_cursor_goto_first_child_for_byte(&cursor_, byte_ofs) >= 0;
  }

 private:
  TSTreeCursor cursor_;
};

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_HANDLES_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_DOCUMENT_TREE_H_
#define KRAIT_GRAMMARS_TREE_SITTER_DOCUMENT_TREE_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammars/syntax_tree.h"
#include "grammars/tree_sitter/grammar.h"

namespace krait::grammars {

// A tree of the tree-sitter library. Thread-safe: the library only reads an
// unedited tree, and counts its references atomically.
class DocumentTree final : public SyntaxTree {
 public:
  // `indent` is what the whole file uses.
  DocumentTree(const Grammar& grammar, TreeHandle tree,
               std::shared_ptr<const std::string> text,
               const IndentUnit& indent);

  bool HasGrammar() const override { return true; }
  SyntaxContext ContextAt(size_t ofs) const override;
  std::vector<size_t> Anchors(size_t ofs, size_t max_anchors) const override;
  size_t CountErrors() const override;
  std::optional<InsertionErrors> CheckInsertion(
      size_t ofs, std::string_view inserted,
      CheckBudget* budget) const override;
  std::string DebugString() const override;

  const IndentUnit& indent() const { return indent_; }
  // Returns a copy that may be edited; it shares all nodes.
  TreeHandle CopyTree() const { return TreeHandle(ts_tree_copy(tree_.get())); }

 private:
  std::vector<Symbol> FindSymbols(bool* complete) const override;
  std::vector<Import> FindImports(bool* complete) const override;

  const Grammar& grammar_;
  TreeHandle tree_;  // not null
  IndentUnit indent_;
  mutable std::once_flag counted_;
  mutable size_t errors_ = 0;  // set once counted_
};

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_DOCUMENT_TREE_H_

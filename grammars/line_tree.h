// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_LINE_TREE_H_
#define KRAIT_GRAMMARS_LINE_TREE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammars/language.h"
#include "grammars/syntax_tree.h"

namespace krait::grammars {

// Guesses structure from indentation and blank lines: what there is for
// languages without a grammar, for files over the limits and, through the free
// functions below, near syntax errors. It looks at no more than some 256 KiB
// around an offset, so that its cost does not grow with the file (Symbols and
// Imports excepted). Thread-safe, as all trees.
class LineTree final : public SyntaxTree {
 public:
  // `language` may be null: unknown.
  LineTree(const Language* language, std::shared_ptr<const std::string> text);

  bool HasGrammar() const override { return false; }
  SyntaxContext ContextAt(size_t ofs) const override;
  std::vector<size_t> Anchors(size_t ofs, size_t max_anchors) const override;
  size_t CountErrors() const override { return 0; }
  std::optional<InsertionErrors> CheckInsertion(
      size_t ofs, std::string_view inserted,
      CheckBudget* budget) const override;
  std::string DebugString() const override;

 private:
  std::vector<Symbol> FindSymbols(bool* complete) const override;
  std::vector<Import> FindImports(bool* complete) const override;

  const Language* language_;
};

// The following take an offset of at most text.size().

// Returns the blocks of deeper indentation around `ofs` that begin at or after
// `min_begin_ofs`, innermost first, each named by its first line.
std::vector<Declaration> BlocksAround(std::string_view text, size_t ofs,
                                      size_t min_begin_ofs);

// Returns what the line tells: blank before `ofs` and after a line indented
// less is an empty block, where the next line is not deeper; an open bracket
// is an expression. `only_after_colon`: only a colon begins a block.
Spot SpotInLine(std::string_view text, size_t ofs, bool only_after_colon);

// Returns whether quotes or `line_comment` (if not empty) on the line before
// `ofs` are open there.
Place PlaceInLine(std::string_view text, size_t ofs,
                  std::string_view line_comment);

// Keeps of ascending `anchors` at most `max_anchors`: those that are `first`
// (ascending, too), then the greatest.
std::vector<size_t> LimitAnchors(std::vector<size_t> anchors,
                                 const std::vector<size_t>& first,
                                 size_t max_anchors);

// Returns `text` on one line, white space runs as one space, cut to 200 bytes
// at the start of a code point.
std::string OneLine(std::string_view text);

// The step of indentation of a language if a file does not tell. Null: unknown.
IndentUnit UsualIndent(const Language* language);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_LINE_TREE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_SYNTAX_TREE_H_
#define KRAIT_GRAMMARS_SYNTAX_TREE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammars/syntax_types.h"

namespace krait::grammars {

// The structure of one version of a text. Made by Parser.
//
// Immutable and thread-safe: any number of threads may ask at once. Offsets
// beyond the text mean its end. Never fails: text that is not well-formed, or
// not even UTF-8, gets the best answer that its lines allow.
class SyntaxTree {
 public:
  virtual ~SyntaxTree() = default;
  SyntaxTree(const SyntaxTree&) = delete;
  SyntaxTree& operator=(const SyntaxTree&) = delete;

  // True if a grammar parsed the text; false if only its lines were looked at.
  virtual bool HasGrammar() const = 0;

  // Returns what is around `ofs`. Costs some 10 microseconds to a millisecond,
  // more the deeper the nesting, up to a bound beyond which only the lines are
  // looked at (from_grammar is false then).
  virtual SyntaxContext ContextAt(size_t ofs) const = 0;

  // Returns the starts of declarations that enclose or precede `ofs` and of
  // the top-level statements before it, ascending, none after `ofs`. Of more
  // than `max_anchors`, those that enclose and then the nearest are kept.
  virtual std::vector<size_t> Anchors(size_t ofs, size_t max_anchors) const = 0;

  // Returns the number of places where the text is not well-formed: what did
  // not fit the grammar, and what it missed. 0 without a grammar.
  virtual size_t CountErrors() const = 0;

  // Returns what `inserted` at `ofs` would do to what is well-formed, by the
  // grammar and by what is checked beyond it (rules/language_rules.h). Nothing
  // if the budget was or became spent, or no grammar knows, or the place is far
  // from the one that Parser::ParseNear was asked for. Takes what it costs from
  // the budget.
  virtual std::optional<InsertionErrors> CheckInsertion(
      size_t ofs, std::string_view inserted, CheckBudget* budget) const = 0;

  // Return definitions and imports in the order of the text. `complete`, if not
  // null, becomes false where the text has more to look at than is sensible, so
  // that the last ones are missing.
  std::vector<Symbol> Symbols(bool* complete = nullptr) const {
    bool ignored = true;
    return FindSymbols(complete == nullptr ? &ignored : complete);
  }
  std::vector<Import> Imports(bool* complete = nullptr) const {
    bool ignored = true;
    return FindImports(complete == nullptr ? &ignored : complete);
  }

  // Returns the whole structure, for tests and logs.
  virtual std::string DebugString() const = 0;

  std::string_view text() const { return *text_; }

 protected:
  explicit SyntaxTree(std::shared_ptr<const std::string> text)
      : text_(std::move(text)) {}

 private:
  // `complete` is not null.
  virtual std::vector<Symbol> FindSymbols(bool* complete) const = 0;
  virtual std::vector<Import> FindImports(bool* complete) const = 0;

  std::shared_ptr<const std::string> text_;  // not null
};

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_SYNTAX_TREE_H_

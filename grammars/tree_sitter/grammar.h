// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_GRAMMAR_H_
#define KRAIT_GRAMMARS_TREE_SITTER_GRAMMAR_H_

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "grammars/language.h"
#include "grammars/tree_sitter/query.h"

namespace krait::grammars {

// A generated parser and krait's queries for it. Immutable but for what it
// compiles once, thread-safe, lives until the process ends.
class Grammar {
 public:
  // The query files of the language are those of all folders, in this order.
  Grammar(const Language& language, const TSLanguage* parser,
          std::span<const std::string_view> query_folders);

  const Language& language() const { return language_; }
  const TSLanguage* parser() const { return parser_; }
  // True if blocks end where the indentation does.
  bool by_indentation() const { return by_indentation_; }

  // The first call compiles the query: up to some 50 ms for large grammars.
  const Query& scopes() const { return scopes_.Get(parser_); }
  const Query& symbols() const { return symbols_.Get(parser_); }
  const Query& imports() const { return imports_.Get(parser_); }

  // Compiles all queries. Empty, or which does not fit the parser: a mistake of
  // ours that a test looks for; such a query matches nothing.
  std::string QueryErrors() const;

 private:
  // Compiled when first asked for.
  struct LazyQuery {
    LazyQuery(std::string_view kind,
              std::span<const std::string_view> query_folders);
    const Query& Get(const TSLanguage* parser) const;

    std::string source;
    mutable std::once_flag once;
    mutable std::string error;
    mutable std::unique_ptr<const Query> query;
  };

  Language language_;
  const TSLanguage* parser_;
  bool by_indentation_;
  LazyQuery scopes_;
  LazyQuery symbols_;
  LazyQuery imports_;
};

// Returns the grammar of the language, or null if there is none.
const Grammar* GrammarOf(const Language& language);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_GRAMMAR_H_

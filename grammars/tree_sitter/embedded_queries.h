// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_EMBEDDED_QUERIES_H_
#define KRAIT_GRAMMARS_TREE_SITTER_EMBEDDED_QUERIES_H_

#include <span>
#include <string_view>

namespace krait::grammars {

struct EmbeddedQuery {
  std::string_view path;  // under grammars/queries: "python/scopes.scm"
  std::string_view source;
};

// Returns all files of grammars/queries; the build writes them into a source.
std::span<const EmbeddedQuery> EmbeddedQueries();

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_EMBEDDED_QUERIES_H_

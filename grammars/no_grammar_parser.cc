// SPDX-License-Identifier: Apache-2.0
// In place of tree_sitter/ in a build without grammars (KRAIT_TREE_SITTER=OFF).
#include "grammars/grammar_parser.h"

namespace krait::grammars {

std::unique_ptr<GrammarParser> MakeGrammarParser(const Language&) {
  return nullptr;
}

}  // namespace krait::grammars

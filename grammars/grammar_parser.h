// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_GRAMMAR_PARSER_H_
#define KRAIT_GRAMMARS_GRAMMAR_PARSER_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "grammars/edit.h"
#include "grammars/language.h"
#include "grammars/syntax_tree.h"

namespace krait::grammars {

// The part of Parser that knows a grammar. Thread-compatible.
class GrammarParser {
 public:
  virtual ~GrammarParser() = default;

  // Returns the tree, or null after `timeout` or if it was stopped. Reuses the
  // tree of the text before; `edits` lead from that to this one, or are empty:
  // unknown.
  virtual std::shared_ptr<const SyntaxTree> Parse(
      std::shared_ptr<const std::string> text, std::span<const Edit> edits,
      std::chrono::milliseconds timeout, std::stop_token stop) = 0;

  // Same, but the tree may know only what is around `ofs`: what is further away
  // is left out by the last tree of a whole text, be it of an older version.
  virtual std::shared_ptr<const SyntaxTree> ParseNear(
      std::shared_ptr<const std::string> text, size_t ofs,
      std::chrono::milliseconds timeout, std::stop_token stop) = 0;

  // Drops the trees that the next parse would reuse.
  virtual void Forget() = 0;
};

// Returns null if no grammar of the language is built in.
std::unique_ptr<GrammarParser> MakeGrammarParser(const Language& language);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_GRAMMAR_PARSER_H_

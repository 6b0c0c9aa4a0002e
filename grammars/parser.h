// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_PARSER_H_
#define KRAIT_GRAMMARS_PARSER_H_

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

struct ParserLimits {
  size_t max_bytes = size_t{8} << 20;
  // Of one parse, in time of the processor: what else runs does not matter.
  // From scratch a grammar reads about 5 to 20 MB/s; after a keystroke it takes
  // a millisecond.
  std::chrono::milliseconds timeout{500};
};

class GrammarParser;

// Parses the versions of one document, each from the tree of the one before.
//
// A text over the limits, or in a language without a grammar, is taken by its
// lines instead (HasGrammar() is false). After a timeout the grammar is not
// asked again for a growing number of versions.
//
// Thread-compatible. The trees outlive the parser.
class Parser {
 public:
  // `language` may be null: unknown.
  explicit Parser(const Language* language, ParserLimits limits = {});
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  // Parses the next version. `text` is not null. The result is not null.
  std::shared_ptr<const SyntaxTree> Parse(
      std::shared_ptr<const std::string> text);

  // Same, where the caller knows how the version before became this one; that
  // keeps more of the tree if edits are far apart. The edits apply one after
  // the other; ones that do not fit the sizes of the texts are ignored.
  std::shared_ptr<const SyntaxTree> Parse(
      std::shared_ptr<const std::string> text, std::span<const Edit> edits);

  // Parses the next version as far as is needed to answer questions about
  // `ofs` and what is near it: in a long file a few kilobytes, so that it costs
  // the same however long the file is. Of the tree's other answers, Anchors
  // gives those nearby, and CountErrors, Symbols and Imports are not of use.
  //
  // What can be left out is known from the last version that was parsed whole;
  // the first one always is. So call Refresh when there is time.
  // A stop gives a tree of lines.
  std::shared_ptr<const SyntaxTree> ParseNear(
      std::shared_ptr<const std::string> text, size_t ofs,
      std::stop_token stop = {});

  // Parses a version whole, for the calls of ParseNear to come. False: it was
  // stopped, or took too long.
  bool Refresh(std::shared_ptr<const std::string> text, std::stop_token stop);

 private:
  bool MayAskGrammar(size_t text_bytes);
  void NoteTimeout();

  const Language* language_;
  ParserLimits limits_;
  std::unique_ptr<GrammarParser> grammar_parser_;  // null: no grammar
  size_t timeouts_ = 0;                            // in a row
  size_t versions_to_skip_ = 0;
};

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_PARSER_H_

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "grammars/grammar_parser.h"
#include "grammars/line_tree.h"
#include "grammars/lines.h"
#include "grammars/tree_sitter/document_tree.h"
#include "grammars/tree_sitter/incremental.h"
#include "grammars/tree_sitter/near_ranges.h"

namespace krait::grammars {
namespace {

using DocumentTreePtr = std::shared_ptr<const DocumentTree>;
using std::chrono::milliseconds;

// True if the edits, one after the other, make a text of `old_bytes` into one
// of `new_bytes`.
bool EditsFit(std::span<const Edit> edits, size_t old_bytes, size_t new_bytes) {
  size_t size = old_bytes;
  for (const Edit& edit : edits) {
    if (edit.begin_ofs > edit.old_end_ofs || edit.old_end_ofs > size ||
        edit.begin_ofs > edit.new_end_ofs ||
        edit.new_end_ofs > new_bytes + old_bytes) {
      return false;
    }
    size = size - edit.old_end_ofs + edit.new_end_ofs;
  }
  return !edits.empty() && size == new_bytes;
}

// Returns the tree, told of what leads to `text`; null: there is none.
TreeHandle Edited(const DocumentTree* tree, std::string_view text,
                  std::span<const Edit> edits = {}) {
  if (tree == nullptr) return nullptr;
  TreeHandle edited = tree->CopyTree();
  if (EditsFit(edits, tree->text().size(), text.size())) {
    for (const Edit& edit : edits) ApplyEdit(edited.get(), edit);
  } else {
    ApplyEdit(edited.get(), EditBetween(tree->text(), text));
  }
  return edited;
}

bool HasErrors(const TSTree* tree) {
  return ts_node_has_error(ts_tree_root_node(tree));
}

// Parses, by what `old_tree` knows if it is not null. What the library makes of
// errors depends on what it goes on from, so a text with errors is parsed from
// scratch: the same text is to get the same tree, whatever was typed before.
// That costs about a millisecond where most of a text is left out (`ranges`),
// and too much in a long one, which keeps what it has.
TreeHandle ParseAsAnew(TSParser* parser, const TSTree* old_tree,
                       const std::string& text,
                       const std::vector<TSRange>& ranges, ParseLimit limit) {
  constexpr size_t kLong = size_t{64} << 10;
  const TextPieces pieces = {text, {}, {}};
  const bool anew = !ranges.empty() || text.size() <= kLong;
  if (old_tree != nullptr && !(anew && HasErrors(old_tree))) {
    TreeHandle tree = ParsePieces(parser, old_tree, pieces, ranges, &limit);
    if (tree == nullptr || !anew || !HasErrors(tree.get())) return tree;
  }
  return ParsePieces(parser, nullptr, pieces, ranges, &limit);
}

class DocumentParser final : public GrammarParser {
 public:
  DocumentParser(const Grammar& grammar, ParserHandle parser)
      : grammar_(grammar), parser_(std::move(parser)) {}

  std::shared_ptr<const SyntaxTree> Parse(
      std::shared_ptr<const std::string> text, std::span<const Edit> edits,
      milliseconds timeout, std::stop_token stop) override {
    const TreeHandle old_tree = Edited(whole_.get(), *text, edits);
    TreeHandle tree =
        ParseAsAnew(parser_.get(), old_tree.get(), *text, {},
                    {.cpu_time = timeout, .stop = std::move(stop)});
    if (tree == nullptr) return nullptr;
    const IndentUnit indent =
        DetectIndentUnit(*text, UsualIndent(&grammar_.language()));
    whole_ = std::make_shared<DocumentTree>(grammar_, std::move(tree),
                                            std::move(text), indent);
    if (IsBetterPlan(*whole_)) plan_ = whole_;
    return whole_;
  }

  std::shared_ptr<const SyntaxTree> ParseNear(
      std::shared_ptr<const std::string> text, size_t ofs, milliseconds timeout,
      std::stop_token stop) override {
    std::vector<TSRange> ranges;
    if (plan_ != nullptr) {
      const Edit since = EditBetween(plan_->text(), *text);
      const TreeHandle plan = plan_->CopyTree();
      ApplyEdit(plan.get(), since);
      ranges = NearRanges(grammar_, plan.get(), *text,
                          {since.begin_ofs, since.new_end_ofs}, ofs);
    }
    if (ranges.size() < 2) {
      return Parse(std::move(text), {}, timeout, std::move(stop));
    }
    const TreeHandle old_tree = Edited(near_.get(), *text);
    TreeHandle tree =
        ParseAsAnew(parser_.get(), old_tree.get(), *text, ranges,
                    {.cpu_time = timeout, .stop = std::move(stop)});
    if (tree == nullptr) return nullptr;
    near_ = std::make_shared<DocumentTree>(grammar_, std::move(tree),
                                           std::move(text), plan_->indent());
    return near_;
  }

  void Forget() override { whole_ = plan_ = near_ = nullptr; }

 private:
  // A bracket that is open can make one expression or error of half the file,
  // of which nothing can be left out: then what the file was like a while ago
  // says more.
  bool IsBetterPlan(const DocumentTree& tree) const {
    constexpr size_t kManyEdits = size_t{16} << 10;
    if (plan_ == nullptr || tree.CountErrors() <= plan_->CountErrors()) {
      return true;
    }
    const Edit since = EditBetween(plan_->text(), tree.text());
    return std::max(since.old_end_ofs, since.new_end_ofs) - since.begin_ofs >
           kManyEdits;
  }

  const Grammar& grammar_;
  ParserHandle parser_;
  DocumentTreePtr whole_;  // of the last text that was parsed whole
  DocumentTreePtr plan_;   // of one of those, by which texts are cut
  DocumentTreePtr near_;   // of the last text that was parsed in part
};

}  // namespace

std::unique_ptr<GrammarParser> MakeGrammarParser(const Language& language) {
  const Grammar* grammar = GrammarOf(language);
  if (grammar == nullptr) return nullptr;
  ParserHandle parser(ts_parser_new());
  if (!ts_parser_set_language(parser.get(), grammar->parser())) return nullptr;
  return std::make_unique<DocumentParser>(*grammar, std::move(parser));
}

}  // namespace krait::grammars

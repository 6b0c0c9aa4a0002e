// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "grammars/grammar_parser.h"
#include "grammars/tree_sitter/document_tree.h"
#include "grammars/tree_sitter/incremental.h"

namespace krait::grammars {
namespace {

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

class DocumentParser final : public GrammarParser {
 public:
  DocumentParser(const Grammar& grammar, ParserHandle parser)
      : grammar_(grammar), parser_(std::move(parser)) {}

  std::shared_ptr<const SyntaxTree> Parse(
      std::shared_ptr<const std::string> text, std::span<const Edit> edits,
      std::chrono::milliseconds timeout) override {
    TreeHandle old_tree = EditedLast(*text, edits);
    TreeHandle tree =
        ParsePieces(parser_.get(), old_tree.get(), {*text, {}, {}}, timeout);
    if (tree == nullptr) return nullptr;
    last_ = std::make_shared<DocumentTree>(grammar_, std::move(tree),
                                           std::move(text));
    return last_;
  }

  void Forget() override { last_ = nullptr; }

 private:
  // Returns the last tree, told of what leads to `text`; null: there is none.
  TreeHandle EditedLast(std::string_view text,
                        std::span<const Edit> edits) const {
    if (last_ == nullptr) return nullptr;
    TreeHandle tree = last_->CopyTree();
    if (EditsFit(edits, last_->text().size(), text.size())) {
      for (const Edit& edit : edits) ApplyEdit(tree.get(), edit);
    } else {
      ApplyEdit(tree.get(), EditBetween(last_->text(), text));
    }
    return tree;
  }

  const Grammar& grammar_;
  ParserHandle parser_;
  std::shared_ptr<const DocumentTree> last_;
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

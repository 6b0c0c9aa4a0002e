// SPDX-License-Identifier: Apache-2.0
#include "grammars/parser.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "grammars/grammar_parser.h"
#include "grammars/line_tree.h"

namespace krait::grammars {
namespace {

constexpr size_t kMaxVersionsToSkip = 64;

}  // namespace

Parser::Parser(const Language* language, ParserLimits limits)
    : language_(language), limits_(limits) {
  // Offsets in a tree are 32 bits wide.
  limits_.max_bytes = std::min(limits_.max_bytes, size_t{1} << 30);
  if (language_ != nullptr) grammar_parser_ = MakeGrammarParser(*language_);
}

Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

std::shared_ptr<const SyntaxTree> Parser::Parse(
    std::shared_ptr<const std::string> text) {
  return Parse(std::move(text), {});
}

std::shared_ptr<const SyntaxTree> Parser::Parse(
    std::shared_ptr<const std::string> text, std::span<const Edit> edits) {
  assert(text != nullptr);
  if (MayAskGrammar(text->size())) {
    auto tree = grammar_parser_->Parse(text, edits, limits_.timeout, {});
    if (tree != nullptr) {
      timeouts_ = 0;
      return tree;
    }
    NoteTimeout();
  }
  return std::make_shared<LineTree>(language_, std::move(text));
}

std::shared_ptr<const SyntaxTree> Parser::ParseNear(
    std::shared_ptr<const std::string> text, size_t ofs, std::stop_token stop) {
  assert(text != nullptr);
  if (MayAskGrammar(text->size())) {
    auto tree = grammar_parser_->ParseNear(text, ofs, limits_.timeout, stop);
    if (tree != nullptr) {
      timeouts_ = 0;
      return tree;
    }
    if (!stop.stop_requested()) NoteTimeout();
  }
  return std::make_shared<LineTree>(language_, std::move(text));
}

bool Parser::Refresh(std::shared_ptr<const std::string> text,
                     std::stop_token stop) {
  // Whatever made the grammar slow: it is not asked more often for this.
  if (grammar_parser_ == nullptr || versions_to_skip_ > 0 ||
      text->size() > limits_.max_bytes) {
    return false;
  }
  return grammar_parser_->Parse(std::move(text), {}, limits_.timeout,
                                std::move(stop)) != nullptr;
}

bool Parser::MayAskGrammar(size_t text_bytes) {
  if (grammar_parser_ == nullptr) return false;
  if (text_bytes > limits_.max_bytes) {
    grammar_parser_->Forget();
    return false;
  }
  if (versions_to_skip_ == 0) return true;
  --versions_to_skip_;
  return false;
}

void Parser::NoteTimeout() {
  timeouts_ = std::min(timeouts_ + 1, size_t{6});
  versions_to_skip_ = std::min(size_t{1} << timeouts_, kMaxVersionsToSkip);
  grammar_parser_->Forget();
}

}  // namespace krait::grammars

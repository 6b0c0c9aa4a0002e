// SPDX-License-Identifier: Apache-2.0
// A block begins with a line, its header, that the following lines are indented
// deeper than, and ends before the first line that is not; a line that closes
// it (a bracket, "end") is still its own. Climbing from the cursor, each filled
// line with less indentation than all since is a header.

#include "grammars/line_tree.h"

#include <algorithm>
#include <utility>

#include "grammars/lines.h"

namespace krait::grammars {
namespace {

constexpr size_t kWindowBytes = size_t{256} << 10;
constexpr size_t kMaxBlocks = 64;  // around one offset
constexpr size_t kMaxSignatureBytes = 200;

// Returns the end of the block whose header is indented by `indentation`,
// looking on from `line`, which is inside.
size_t BlockEnd(std::string_view text, const Line& line, size_t indentation) {
  Line last = line;
  for (auto next = FilledLineAfter(text, line, kWindowBytes); next;
       next = FilledLineAfter(text, *next, kWindowBytes)) {
    if (next->Indentation() <= indentation) {
      const bool closes =
          next->ClosesBlock() && next->Indentation() == indentation;
      return closes ? next->end_ofs : last.end_ofs;
    }
    if (next->begin_ofs - line.begin_ofs > kWindowBytes) break;
    last = *next;
  }
  return text.size();
}

// Returns the columns that `ofs` is indented by: of its line if that has
// content before it, else of the white space before it.
size_t IndentationAt(std::string_view text, const Line& line, size_t ofs) {
  const size_t ofs_in_line = std::min(ofs, line.end_ofs) - line.begin_ofs;
  const std::string_view prefix = line.content.substr(0, ofs_in_line);
  return Trim(prefix).empty() ? Columns(prefix)
                              : LineAt(text, line.begin_ofs).Indentation();
}

char UnclosedBracket(std::string_view prefix) {
  std::string open;
  for (const char c : prefix) {
    if (c == '(' || c == '[' || c == '{') open.push_back(c);
    if ((c == ')' || c == ']' || c == '}') && !open.empty()) open.pop_back();
  }
  return open.empty() ? '\0' : open.back();
}

bool StartsParagraph(std::string_view text, const Line& line) {
  if (line.IsBlank() || line.Indentation() > 0 || line.ClosesBlock())
    return false;
  const auto before = LineBefore(text, line);
  return !before || before->IsBlank() || before->Indentation() > 0 ||
         before->ClosesBlock();
}

// True for a top-level line that deeper ones follow, and for a heading.
bool IsHeader(std::string_view text, const Line& line) {
  if (line.IsBlank() || line.Indentation() > 0 || line.ClosesBlock())
    return false;
  if (line.content[0] == '#' && line.content.find("# ") < 6) return true;
  const auto next = FilledLineAfter(text, line, kWindowBytes);
  return next && next->Indentation() > 0;
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : Trim(text)) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (space && !line.empty() && line.back() == ' ') continue;
    line.push_back(space ? ' ' : c);
    if (line.size() > kMaxSignatureBytes) break;
  }
  if (line.size() > kMaxSignatureBytes) {
    size_t cut = kMaxSignatureBytes;
    while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80)
      --cut;
    line.resize(cut);
  }
  return line;
}

IndentUnit UsualIndent(const Language* language) {
  if (language == nullptr) return {};
  const std::string_view name = language->name;
  if (name == "go") return {'\t', 1};
  for (const std::string_view two : {"css", "html", "javascript", "json", "lua",
                                     "ruby", "typescript", "tsx", "yaml"}) {
    if (name == two) return {' ', 2};
  }
  return {};
}

std::vector<Declaration> BlocksAround(std::string_view text, size_t ofs,
                                      size_t min_begin_ofs) {
  const Line cursor_line = LineAt(text, ofs);
  size_t indentation = IndentationAt(text, cursor_line, ofs);
  std::vector<Declaration> blocks;
  for (auto line = FilledLineBefore(text, cursor_line, kWindowBytes);
       line && indentation > 0 && blocks.size() < kMaxBlocks &&
       line->begin_ofs >= min_begin_ofs &&
       ofs - line->begin_ofs <= kWindowBytes;
       line = FilledLineBefore(text, *line, kWindowBytes)) {
    const size_t columns = line->Indentation();
    if (columns >= indentation) continue;
    indentation = columns;
    if (line->ClosesBlock() && !line->OpensBlock()) continue;
    blocks.push_back({SymbolKind::kSection, OneLine(line->content),
                      line->ContentOfs(),
                      BlockEnd(text, cursor_line, columns)});
  }
  return blocks;
}

Spot SpotInLine(std::string_view text, size_t ofs, bool only_after_colon) {
  const Line line = LineAt(text, ofs);
  const std::string_view prefix =
      line.content.substr(0, std::min(ofs, line.end_ofs) - line.begin_ofs);
  const std::string_view trimmed = Trim(prefix);
  const char bracket = UnclosedBracket(trimmed);
  if (bracket == '(' || bracket == '[') return Spot::kExpression;
  const bool after_brace = bracket == '{' && trimmed.back() == '{';
  if (after_brace && !only_after_colon) {
    const std::string_view rest = Trim(text.substr(ofs, kWindowBytes));
    if (rest.empty() || rest[0] == '}') return Spot::kEmptyBlock;
    return Spot::kStatementStart;
  }
  if (!trimmed.empty()) {
    return trimmed.back() == ';' ? Spot::kStatementStart : Spot::kStatement;
  }
  const auto before = FilledLineBefore(text, line, kWindowBytes);
  if (!before || before->Indentation() >= Columns(prefix)) {
    return Spot::kStatementStart;
  }
  if (only_after_colon && !before->Trimmed().ends_with(':')) {
    return Spot::kStatementStart;
  }
  if (before->ClosesBlock() && !before->OpensBlock())
    return Spot::kStatementStart;
  const auto after = FilledLineAfter(text, line, kWindowBytes);
  const bool deeper = after && after->Indentation() > before->Indentation();
  return deeper ? Spot::kStatementStart : Spot::kEmptyBlock;
}

Place PlaceInLine(std::string_view text, size_t ofs,
                  std::string_view line_comment) {
  const Line line = LineAt(text, ofs);
  const std::string_view prefix =
      line.content.substr(0, std::min(ofs, line.end_ofs) - line.begin_ofs);
  char quote = '\0';
  for (size_t i = 0; i < prefix.size(); ++i) {
    const char c = prefix[i];
    if (quote != '\0') {
      if (c == '\\') ++i;
      if (c == quote) quote = '\0';
    } else if (!line_comment.empty() &&
               prefix.substr(i).starts_with(line_comment)) {
      return Place::kComment;
    } else if (c == '"') {
      quote = c;
    } else if (c == '\'' || c == '`') {
      // In a word it is an apostrophe.
      const bool in_word = i > 0 && ((prefix[i - 1] | 0x20) >= 'a') &&
                           ((prefix[i - 1] | 0x20) <= 'z');
      if (!in_word) quote = c;
    }
  }
  return quote == '\0' ? Place::kCode : Place::kString;
}

std::vector<size_t> LimitAnchors(std::vector<size_t> anchors,
                                 const std::vector<size_t>& first,
                                 size_t max_anchors) {
  if (anchors.size() <= max_anchors) return anchors;
  std::vector<size_t> kept(
      first.end() - static_cast<ptrdiff_t>(std::min(first.size(), max_anchors)),
      first.end());
  const size_t num_first = kept.size();
  for (auto it = anchors.rbegin();
       it != anchors.rend() && kept.size() < max_anchors; ++it) {
    const auto first_end = kept.begin() + static_cast<ptrdiff_t>(num_first);
    if (!std::binary_search(kept.begin(), first_end, *it)) kept.push_back(*it);
  }
  std::ranges::sort(kept);
  return kept;
}

LineTree::LineTree(const Language* language,
                   std::shared_ptr<const std::string> text)
    : SyntaxTree(std::move(text)), language_(language) {}

SyntaxContext LineTree::ContextAt(size_t ofs) const {
  ofs = std::min(ofs, text().size());
  SyntaxContext context;
  context.place = PlaceInLine(
      text(), ofs, language_ == nullptr ? "" : language_->line_comment);
  context.spot = context.place == Place::kCode ? SpotInLine(text(), ofs, false)
                                               : Spot::kStatement;
  context.enclosing = BlocksAround(text(), ofs, 0);
  context.block_end_ofs = text().size();
  if (!context.enclosing.empty()) {
    const Declaration& block = context.enclosing.front();
    context.block_begin_ofs =
        std::min(ofs, LineAt(text(), block.begin_ofs).end_ofs);
    const Line last = LineAt(text(), block.end_ofs);
    context.block_end_ofs =
        std::max(ofs, last.ClosesBlock() ? last.ContentOfs() : block.end_ofs);
  }
  context.indent = DetectIndentUnit(text(), UsualIndent(language_));
  return context;
}

std::vector<size_t> LineTree::Anchors(size_t ofs, size_t max_anchors) const {
  ofs = std::min(ofs, text().size());
  std::vector<size_t> enclosing;
  for (const Declaration& block : BlocksAround(text(), ofs, 0)) {
    enclosing.push_back(block.begin_ofs);
  }
  std::ranges::reverse(enclosing);
  std::vector<size_t> anchors = enclosing;
  for (std::optional<Line> line = LineAt(text(), ofs);
       line && ofs - line->begin_ofs <= kWindowBytes;
       line = LineBefore(text(), *line)) {
    if (StartsParagraph(text(), *line)) anchors.push_back(line->begin_ofs);
  }
  std::ranges::sort(anchors);
  anchors.erase(std::unique(anchors.begin(), anchors.end()), anchors.end());
  return LimitAnchors(std::move(anchors), enclosing, max_anchors);
}

std::optional<InsertionErrors> LineTree::CheckInsertion(
    size_t, std::string_view, CheckBudget* /*budget*/) const {
  return std::nullopt;
}

std::vector<Symbol> LineTree::FindSymbols(bool* /*complete*/) const {
  std::vector<Symbol> symbols;
  for (std::optional<Line> line = LineAt(text(), 0); line;
       line = LineAfter(text(), *line)) {
    if (!IsHeader(text(), *line)) continue;
    Symbol symbol;
    symbol.name = symbol.signature = OneLine(line->content);
    symbol.begin_ofs = symbol.name_ofs = line->begin_ofs;
    symbol.end_ofs = BlockEnd(text(), *line, 0);
    symbols.push_back(std::move(symbol));
  }
  return symbols;
}

std::vector<Import> LineTree::FindImports(bool* /*complete*/) const {
  return {};
}

std::string LineTree::DebugString() const {
  return "(lines)";
}

}  // namespace krait::grammars

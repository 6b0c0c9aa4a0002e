// SPDX-License-Identifier: Apache-2.0
#include "grammars/tree_sitter/insertion.h"

#include <algorithm>
#include <string>
#include <vector>

#include "grammars/edit.h"
#include "grammars/lines.h"
#include "grammars/rules/language_rules.h"
#include "grammars/tree_sitter/incremental.h"

namespace krait::grammars {
namespace {

// More of a text than that is not read by rules.
constexpr size_t kMostForRules = size_t{512} << 10;

std::string_view Type(TSNode node) {
  return ts_node_type(node);
}

// Returns the last child of `node` that begins at or before `ofs`, is a
// statement, and is none of an error.
std::optional<TSNode> StatementBy(TSNode node, size_t ofs) {
  TreeCursor cursor(node);
  if (!cursor.ToChildOver(static_cast<uint32_t>(ofs)) &&
      !cursor.ToLastChild()) {
    return std::nullopt;
  }
  do {
    const TSNode child = cursor.Node();
    if (ts_node_start_byte(child) <= ofs && ts_node_is_named(child) &&
        !ts_node_is_extra(child) && !ts_node_is_error(child)) {
      return child;
    }
  } while (cursor.ToPreviousSibling());
  return std::nullopt;
}

// Returns where a statement begins from which on the rules have to see the text
// to know what is at `ofs`: the one on the module's level, or on that of the
// classes around.
size_t StatementBegin(const ParsedText& parsed, size_t ofs) {
  const size_t line_begin = LineAt(parsed.text, ofs).begin_ofs;
  std::optional<TSNode> statement =
      StatementBy(ts_tree_root_node(parsed.tree), line_begin);
  size_t begin = 0;
  while (statement) {
    begin = LineAt(parsed.text, ts_node_start_byte(*statement)).begin_ofs;
    TSNode inner = *statement;
    if (Type(inner) == "decorated_definition") {
      inner = ts_node_child_by_field_name(inner, "definition", 10);
    }
    if (ts_node_is_null(inner) || Type(inner) != "class_definition") break;
    const TSNode body = ts_node_child_by_field_name(inner, "body", 4);
    if (ts_node_is_null(body)) break;
    // A line further out than the body is no part of it.
    const size_t column = ts_node_start_point(body).column;
    const std::string_view line = parsed.text.substr(line_begin, column);
    if (line.find_first_not_of(" \t") != std::string_view::npos ||
        line.find('\n') != std::string_view::npos) {
      break;
    }
    statement = StatementBy(body, line_begin);
  }
  return begin;
}

std::optional<InsertionErrors> CheckRules(const ParsedText& parsed, size_t ofs,
                                          std::string_view inserted,
                                          CheckBudget* budget) {
  const bool whole = parsed.grammar.language().name == "json";
  const size_t begin = whole ? 0 : StatementBegin(parsed, ofs);
  const std::string_view text = parsed.text.substr(begin);
  if (ofs - begin > kMostForRules || (whole && text.size() > kMostForRules)) {
    return std::nullopt;
  }
  return CheckByRules(parsed.grammar.language(), text.substr(0, kMostForRules),
                      ofs - begin, inserted, budget);
}

// Whether an error has taken the place into itself, or is on its line.
bool HasErrorAt(const ParsedText& parsed, size_t ofs) {
  const std::string_view before = parsed.text.substr(0, ofs);
  const size_t content = before.find_last_not_of(" \t\v\f\r\n");
  if (content == std::string_view::npos) return false;
  const size_t line_begin = LineAt(parsed.text, ofs).begin_ofs;
  TreeCursor cursor(ts_tree_root_node(parsed.tree));
  if (ts_node_is_error(cursor.Node())) return true;
  while (cursor.ToChildOver(static_cast<uint32_t>(content))) {
    const TSNode node = cursor.Node();
    if (ts_node_start_byte(node) > content) break;
    const bool on_line = ts_node_start_byte(node) >= line_begin;
    if (ts_node_is_error(node) || (on_line && ts_node_has_error(node))) {
      return true;
    }
  }
  return false;
}

class Checker {
 public:
  Checker(const ParsedText& parsed, CheckBudget* budget)
      : parsed_(parsed), budget_(budget) {}

  std::optional<InsertionErrors> Check(size_t ofs, std::string_view inserted) {
    const auto after = ErrorsWith(ofs, inserted);
    if (!after) return std::nullopt;
    InsertionErrors errors{.before = CountErrorNodes(parsed_.tree),
                           .after = *after};
    errors.fits = errors.after <= errors.before;
    if (!HasErrorAt(parsed_, ofs)) return errors;
    const Line line = LineAt(parsed_.text, ofs);
    std::string alone(line.content);
    const auto alone_before = ErrorsOf(alone);
    alone.insert(ofs - line.begin_ofs, inserted);
    const auto alone_after = ErrorsOf(alone);
    if (!alone_before || !alone_after) return std::nullopt;
    errors.half_typed = *alone_before > 0;
    const bool better = errors.after < errors.before;
    errors.fits &= better || *alone_after == 0 || *alone_after < *alone_before;
    return errors;
  }

 private:
  // Takes what it costs from the budget; null: more than is left.
  TreeHandle Parse(TSParser* parser, const TSTree* old_tree,
                   const TextPieces& text, const std::vector<TSRange>& ranges) {
    if (budget_->Spent()) return nullptr;
    ParseLimit limit{.steps = budget_->steps, .cpu_time = budget_->cpu_time};
    TreeHandle tree = ParsePieces(parser, old_tree, text, ranges, &limit);
    *budget_ = {.steps = limit.steps, .cpu_time = limit.cpu_time};
    if (tree == nullptr) *budget_ = {.steps = 0, .cpu_time = {}};
    return tree;
  }

  ParserHandle MakeParser() const {
    ParserHandle parser(ts_parser_new());
    const bool fits =
        ts_parser_set_language(parser.get(), parsed_.grammar.parser());
    return fits ? std::move(parser) : nullptr;
  }

  std::optional<size_t> ErrorsWith(size_t ofs, std::string_view inserted) {
    const std::string_view text = parsed_.text;
    Edit edit;
    edit.begin_ofs = edit.old_end_ofs = ofs;
    edit.new_end_ofs = ofs + inserted.size();
    edit.begin = edit.old_end = PointAt(text, ofs);
    edit.new_end = PointAt(inserted, inserted.size());
    if (edit.new_end.row == 0) edit.new_end.column += edit.begin.column;
    edit.new_end.row += edit.begin.row;

    std::vector<TSRange> ranges = RangesOf(parsed_.tree);
    if (!InsertInRanges(edit, &ranges)) return std::nullopt;
    const TreeHandle old_tree(ts_tree_copy(parsed_.tree));
    ApplyEdit(old_tree.get(), edit);
    const ParserHandle parser = MakeParser();
    if (parser == nullptr) return std::nullopt;
    const TreeHandle tree =
        Parse(parser.get(), old_tree.get(),
              {text.substr(0, ofs), inserted, text.substr(ofs)}, ranges);
    if (tree == nullptr) return std::nullopt;
    return CountErrorNodes(tree.get());
  }

  std::optional<size_t> ErrorsOf(std::string_view text) {
    const ParserHandle parser = MakeParser();
    if (parser == nullptr) return std::nullopt;
    const bool php = parsed_.grammar.language().name == "php";
    const std::string_view opening = php ? "<?php " : "";
    const TreeHandle tree =
        Parse(parser.get(), nullptr, {opening, text, "\n"}, {});
    if (tree == nullptr) return std::nullopt;
    return CountErrorNodes(tree.get());
  }

  const ParsedText& parsed_;
  CheckBudget* budget_;
};

// Whether a line that ends in the insertion is foreign to the language.
bool HasForeignLine(const ParsedText& parsed, size_t ofs,
                    std::string_view inserted) {
  const Line line = LineAt(parsed.text, ofs);
  std::string text(parsed.text.substr(line.begin_ofs, ofs - line.begin_ofs));
  text += inserted;
  for (std::optional<Line> now = LineAt(text, 0); now;
       now = LineAfter(text, *now)) {
    if (IsForeign(parsed.grammar.language(), now->content)) return true;
  }
  return false;
}

}  // namespace

std::optional<InsertionErrors> CheckInsertionIn(const ParsedText& parsed,
                                                size_t ofs,
                                                std::string_view inserted,
                                                CheckBudget* budget) {
  if (budget->Spent()) return std::nullopt;
  if (HasRules(parsed.grammar.language())) {
    Edit edit;
    edit.begin_ofs = edit.old_end_ofs = edit.new_end_ofs = ofs;
    std::vector<TSRange> ranges = RangesOf(parsed.tree);
    if (!InsertInRanges(edit, &ranges)) return std::nullopt;
    return CheckRules(parsed, ofs, inserted, budget);
  }
  auto errors = Checker(parsed, budget).Check(ofs, inserted);
  if (errors && HasForeignLine(parsed, ofs, inserted)) errors->fits = false;
  return errors;
}

}  // namespace krait::grammars

// SPDX-License-Identifier: Apache-2.0
// The innermost node on the path that is a block, a container or an expression
// decides on the spot: in a block, whether the cursor is between statements is
// whether the innermost named node is the block itself.

#include "grammars/tree_sitter/context.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "grammars/line_tree.h"
#include "grammars/lines.h"

namespace krait::grammars {
namespace {

constexpr unsigned kBlockLike = kBlock | kContainer;

// The inside of a block node, between its opening and closing tokens.
struct Inside {
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
  bool empty = true;
};

bool IsSeparator(TSNode node) {
  const std::string_view type = ts_node_type(node);
  return type == ";" || type == ",";
}

bool IsBodyField(const char* field) {
  const std::string_view name = field;
  return name == "body" || name == "consequence" || name == "alternative" ||
         name == "member" || name == "local_declaration";
}

// A name, a condition, a keyword: what comes before the statements.
bool IsHeader(TSNode node, const char* field) {
  if (ts_node_is_missing(node)) return false;
  return ts_node_is_named(node) ? field != nullptr && !IsBodyField(field)
                                : !IsSeparator(node);
}

// True for what ends a block at the cursor: a closing token, an "else".
bool IsClosing(TSNode node, const char* field) {
  if (!ts_node_is_named(node)) return !IsSeparator(node);
  return field != nullptr && std::string_view(field) == "alternative";
}

Inside InsideOf(const PathNode& block, size_t ofs) {
  Inside inside{block.Begin(), std::max(block.End(), ofs)};
  TreeCursor cursor(block.node);
  if (!cursor.ToFirstChild()) return inside;
  do {
    const TSNode child = cursor.Node();
    const size_t begin_ofs = ts_node_start_byte(child);
    const char* field = cursor.Field();
    if (begin_ofs < ofs) {
      if (inside.empty && IsHeader(child, field)) {
        inside.begin_ofs = std::min<size_t>(ts_node_end_byte(child), ofs);
        continue;
      }
    } else if (IsClosing(child, field) && !ts_node_is_missing(child)) {
      inside.end_ofs = begin_ofs;
      break;
    }
    const bool statement = ts_node_is_named(child) &&
                           !ts_node_is_extra(child) &&
                           ts_node_end_byte(child) > begin_ofs;
    if (statement) inside.empty = false;
  } while (cursor.ToNextSibling());
  return inside;
}

// Returns the bracket that is open at `ofs` among the tokens of an error.
char OpenBracket(TSNode error, size_t ofs) {
  std::string open;
  TreeCursor cursor(error);
  if (!cursor.ToFirstChild()) return '\0';
  do {
    const TSNode child = cursor.Node();
    if (ts_node_start_byte(child) >= ofs) break;
    const std::string_view type = ts_node_type(child);
    if (type == "(" || type == "[" || type == "{" || type == "${") {
      open.push_back(type.back());
    } else if ((type == ")" || type == "]" || type == "}") && !open.empty()) {
      open.pop_back();
    }
  } while (cursor.ToNextSibling());
  return open.empty() ? '\0' : open.back();
}

class ContextFinder {
 public:
  ContextFinder(const Grammar& grammar, std::string_view text, size_t ofs,
                NodePath path)
      : grammar_(grammar), text_(text), ofs_(ofs), path_(std::move(path)) {
    const auto error = std::ranges::find_if(
        path_.nodes.rbegin(), path_.nodes.rend(), &PathNode::IsError);
    error_ = error == path_.nodes.rend() ? nullptr : &*error;
    const auto inner = std::find_if(
        path_.nodes.rbegin(), path_.nodes.rend(), [](const PathNode& node) {
          return node.IsError() ||
                 (node.roles & (kBlockLike | kExpression)) != 0;
        });
    inner_ = inner == path_.nodes.rend() ? path_.nodes.front() : *inner;
  }

  SyntaxContext Find() const {
    SyntaxContext context;
    context.place = FindPlace();
    if (context.place == Place::kCode) context.spot = FindSpot();
    context.enclosing = FindEnclosing();
    SetBlock(&context);
    context.from_grammar = error_ == nullptr && !path_.cut;
    return context;
  }

 private:
  Place FindPlace() const {
    if (!path_.places.empty()) {
      const PathNode& innermost = path_.places.back();
      if (innermost.Is(kComment)) return Place::kComment;
      return innermost.Is(kCode) ? Place::kCode : Place::kString;
    }
    // A string without its end is an error to a grammar.
    const bool known = !path_.has_error && !path_.cut;
    if (known || path_.blank_before) return Place::kCode;
    return PlaceInLine(text_, ofs_, grammar_.language().line_comment);
  }

  Spot FindSpot() const {
    if (inner_.IsError()) return SpotInError();
    if (path_.cut) return SpotInLine(text_, ofs_, grammar_.by_indentation());
    if (inner_.Is(kExpression) && !inner_.Is(kBlock)) return Spot::kExpression;
    if (grammar_.by_indentation()) {
      const Spot spot = SpotInLine(text_, ofs_, true);
      return spot == Spot::kExpression ? Spot::kStatement : spot;
    }
    const PathNode& innermost = path_.nodes.back();
    if ((innermost.roles & kBlockLike) == 0 && path_.nodes.size() > 1) {
      return Spot::kStatement;
    }
    const bool is_root = path_.nodes.size() == 1;
    if (!is_root && InsideOf(innermost, ofs_).empty) return Spot::kEmptyBlock;
    return AfterSeparator() ? Spot::kStatementStart : Spot::kStatement;
  }

  Spot SpotInError() const {
    const char bracket = OpenBracket(inner_.node, ofs_);
    if (bracket == '(' || bracket == '[') return Spot::kExpression;
    // A small one, as after the last comma of a list.
    const auto around = std::find_if(
        path_.nodes.rbegin(), path_.nodes.rend(), [](const PathNode& node) {
          return (node.roles & (kBlockLike | kExpression)) != 0;
        });
    if (around != path_.nodes.rend() && around->Is(kExpression)) {
      return Spot::kExpression;
    }
    return SpotInLine(text_, ofs_, grammar_.by_indentation());
  }

  // True if a statement can begin here by what is before on the line.
  bool AfterSeparator() const {
    if (path_.blank_before) return true;
    const std::string_view before = Trim(text_.substr(0, ofs_));
    return before.empty() || before.back() == ';' || before.back() == '{';
  }

  std::vector<Declaration> FindEnclosing() const {
    std::vector<Declaration> enclosing;
    for (auto it = path_.nodes.rbegin(); it != path_.nodes.rend(); ++it) {
      if (!it->Is(kDefinition) || it->kind == SymbolKind::kVariable ||
          it->kind == SymbolKind::kConstant) {
        continue;
      }
      enclosing.push_back({it->kind, std::string(it->name), it->Begin(),
                           std::max(it->End(), ofs_)});
    }
    if (error_ == nullptr) return enclosing;
    for (Declaration& block : BlocksAround(text_, ofs_, error_->Begin())) {
      const bool known =
          std::ranges::any_of(enclosing, [&](const Declaration& other) {
            return other.begin_ofs == block.begin_ofs;
          });
      if (!known) enclosing.push_back(std::move(block));
    }
    std::ranges::stable_sort(enclosing, std::greater<>(),
                             &Declaration::begin_ofs);
    return enclosing;
  }

  void SetBlock(SyntaxContext* context) const {
    context->block_end_ofs = text_.size();
    const auto block = std::find_if(
        path_.nodes.rbegin(), std::prev(path_.nodes.rend()),
        [](const PathNode& node) { return (node.roles & kBlockLike) != 0; });
    const bool in_error =
        error_ != nullptr && !context->enclosing.empty() &&
        context->enclosing.front().begin_ofs >= error_->Begin();
    if (in_error) {
      const Declaration& lines = context->enclosing.front();
      context->block_begin_ofs =
          std::min(ofs_, LineAt(text_, lines.begin_ofs).end_ofs);
      const Line last = LineAt(text_, std::min(lines.end_ofs, text_.size()));
      context->block_end_ofs = std::max(
          ofs_, last.ClosesBlock() ? last.ContentOfs() : lines.end_ofs);
    } else if (block != std::prev(path_.nodes.rend())) {
      const Inside inside = InsideOf(*block, ofs_);
      context->block_begin_ofs = std::min(inside.begin_ofs, ofs_);
      context->block_end_ofs = std::max(inside.end_ofs, ofs_);
    }
  }

  const Grammar& grammar_;
  std::string_view text_;
  size_t ofs_;
  NodePath path_;
  const PathNode* error_ = nullptr;  // the innermost error, in path_
  PathNode inner_;  // the innermost block, container, expression or error
};

}  // namespace

SyntaxContext ContextOf(const Grammar& grammar, const TSTree* tree,
                        std::string_view text, size_t ofs) {
  return ContextFinder(grammar, text, ofs, FindPath(grammar, tree, text, ofs))
      .Find();
}

}  // namespace krait::grammars

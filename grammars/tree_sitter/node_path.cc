// SPDX-License-Identifier: Apache-2.0
#include "grammars/tree_sitter/node_path.h"

#include <algorithm>
#include <span>
#include <tuple>

#include "grammars/lines.h"
#include "grammars/tree_sitter/limits.h"

namespace krait::grammars {
namespace {

// What queries say of a node.
struct Meaning {
  unsigned roles = kNoRole;
  size_t pattern = 0;  // that called it a definition
  SymbolKind kind = SymbolKind::kSection;
  std::string_view name;
  TSNode node = {};
};
using Meanings = std::unordered_map<const void*, Meaning>;

// Where the cursor is, in the forms that the tests of nodes need.
struct Cursor {
  size_t ofs = 0;
  size_t content_ofs = 0;  // last byte before that is no white space
  bool has_content = false;
  bool blank_before = false;
  size_t line_ofs = 0;  // where its line begins
  size_t column = 0;    // of white space, if blank_before
};

Cursor MakeCursor(std::string_view text, size_t ofs) {
  Cursor cursor;
  cursor.ofs = ofs;
  const size_t found = text.substr(0, ofs).find_last_not_of(" \t\v\f\r\n");
  cursor.has_content = found != std::string_view::npos;
  cursor.content_ofs = cursor.has_content ? found : 0;
  const Line line = LineAt(text, ofs);
  const std::string_view prefix =
      line.content.substr(0, std::min(ofs, line.end_ofs) - line.begin_ofs);
  cursor.blank_before = Trim(prefix).empty();
  cursor.column = prefix.size();
  cursor.line_ofs = line.begin_ofs;
  return cursor;
}

// Adds the nodes that hold the byte, from the root on. False: there are more.
bool AddNodesAt(TSNode root, size_t byte_ofs, std::vector<TSNode>* nodes) {
  TreeCursor walk(root);
  for (size_t depth = 0; depth < kMaxDepth; ++depth) {
    nodes->push_back(walk.Node());
    if (!walk.ToChildOver(static_cast<uint32_t>(byte_ofs)) ||
        ts_node_start_byte(walk.Node()) > byte_ofs) {
      return true;
    }
  }
  return false;
}

// Returns the nodes that a path and its places may consist of: those around
// what is before the cursor, white space apart, and those around the very byte.
// False: that are not all.
bool NodesToAsk(TSNode root, const Cursor& cursor, std::vector<TSNode>* nodes) {
  bool all = AddNodesAt(root, cursor.content_ofs, nodes);
  if (cursor.ofs < cursor.content_ofs + 2) return all;
  std::vector<TSNode> others;
  all &= AddNodesAt(root, cursor.ofs - 1, &others);
  size_t same = 0;
  const size_t most = std::min(nodes->size(), others.size());
  while (same < most && ts_node_eq((*nodes)[same], others[same])) ++same;
  nodes->insert(nodes->end(), others.begin() + static_cast<ptrdiff_t>(same),
                others.end());
  return all;
}

// False: some are missing.
bool Ask(const Grammar& grammar, std::span<const TSNode> nodes,
         std::string_view text, ByteRange range, Meanings* meanings) {
  QueryBudget budget(kMaxStepsAtPlace);
  const auto note_scope = [&](const Match& match) {
    for (const Capture& capture : match.captures) {
      Meaning& meaning = (*meanings)[capture.node.id];
      meaning.roles |= capture.role;
      meaning.node = capture.node;
    }
  };
  const auto note_symbol = [&](const Match& match) {
    const Capture* definition = match.Find(kDefinition);
    if (definition == nullptr) return;
    Meaning& meaning = (*meanings)[definition->node.id];
    const bool first = (meaning.roles & kDefinition) == 0;
    if (!first && meaning.pattern <= match.pattern) return;
    const Capture* name = match.Find(kName);
    meaning.roles |= kDefinition;
    meaning.pattern = match.pattern;
    meaning.kind = definition->kind;
    meaning.name = name == nullptr ? "" : TextOf(name->node, text);
    meaning.node = definition->node;
  };
  return grammar.scopes().RunAt(nodes, text, range, &budget, note_scope) &&
         grammar.symbols().RunAt(nodes, text, range, &budget, note_symbol);
}

// True if the node ends in a token that is not there.
bool LacksEnd(TSNode node) {
  constexpr int kMostLast = 16;
  for (int depth = 0; depth < kMostLast; ++depth) {
    if (ts_node_is_missing(node)) return true;
    const uint32_t children = ts_node_child_count(node);
    if (children == 0 || !ts_node_has_error(node)) return false;
    node = ts_node_child(node, children - 1);
  }
  return false;
}

// True if the indentation of the cursor puts it into a node that ends before.
bool IndentedInto(const PathNode& node, const Cursor& cursor,
                  std::string_view text) {
  if (!node.Is(kDefinition) && !node.Is(kBlock)) return false;
  if (!cursor.blank_before) {
    return LineAt(text, node.End()).begin_ofs == cursor.line_ofs;
  }
  const size_t column = ts_node_start_point(node.node).column;
  return node.Is(kBlock) ? column <= cursor.column : column < cursor.column;
}

bool HoldsCursor(const PathNode& node, const Cursor& cursor,
                 std::string_view text, bool by_indentation) {
  if (node.IsError()) return true;
  if (node.Begin() < cursor.ofs && cursor.ofs < node.End()) return true;
  if (by_indentation) return IndentedInto(node, cursor, text);
  return node.Begin() < cursor.ofs && LacksEnd(node.node);
}

NodePath WalkDown(TSNode root, const Cursor& cursor, const Meanings& meanings,
                  std::string_view text, bool by_indentation) {
  NodePath path;
  const auto add = [&](TSNode node, bool always) {
    PathNode added;
    added.node = node;
    if (const auto found = meanings.find(node.id); found != meanings.end()) {
      added.roles = found->second.roles;
      added.kind = found->second.kind;
      added.name = found->second.name;
    }
    if (always || HoldsCursor(added, cursor, text, by_indentation)) {
      path.nodes.push_back(added);
    }
  };
  add(root, true);
  TreeCursor walk(root);
  for (size_t depth = 0;
       cursor.has_content &&
       walk.ToChildOver(static_cast<uint32_t>(cursor.content_ofs));
       ++depth) {
    const TSNode node = walk.Node();
    if (ts_node_start_byte(node) > cursor.content_ofs) break;
    if (depth == kMaxDepth) {
      path.cut = true;
      break;
    }
    if (ts_node_is_named(node)) add(node, false);
    // What begins on the line, or is the error itself.
    path.has_error |=
        ts_node_is_error(node) || (ts_node_has_error(node) &&
                                   ts_node_start_byte(node) >= cursor.line_ofs);
  }
  return path;
}

// True if a comment or string that ends at the cursor goes on there.
bool GoesOn(const PathNode& place, std::string_view text) {
  if (place.Is(kString)) return LacksEnd(place.node);
  const std::string_view content = TextOf(place.node, text);
  if (content.empty() || content.back() == '\n') return false;
  for (const std::string_view end : {"*/", "-->", "]]", "=end"}) {
    if (content.ends_with(end)) return false;
  }
  return true;
}

std::vector<PathNode> FindPlaces(const Meanings& meanings, size_t ofs,
                                 std::string_view text) {
  std::vector<PathNode> places;
  for (const auto& [id, meaning] : meanings) {
    PathNode place;
    place.node = meaning.node;
    place.roles = meaning.roles;
    if (!place.Is(kString) && !place.Is(kComment) && !place.Is(kCode)) continue;
    const bool inside = place.Begin() < ofs && ofs < place.End();
    const bool at_end = place.Begin() < ofs && ofs == place.End() &&
                        !place.Is(kCode) && GoesOn(place, text);
    if (inside || at_end) places.push_back(place);
  }
  std::ranges::sort(places, {}, [](const PathNode& place) {
    return std::tuple(place.Begin(), ~place.End());
  });
  return places;
}

}  // namespace

std::string_view TextOf(TSNode node, std::string_view text) {
  const size_t begin = std::min<size_t>(ts_node_start_byte(node), text.size());
  const size_t end = std::min<size_t>(ts_node_end_byte(node), text.size());
  return text.substr(begin, end - begin);
}

NodePath FindPath(const Grammar& grammar, const TSTree* tree,
                  std::string_view text, size_t ofs) {
  const TSNode root = ts_tree_root_node(tree);
  const Cursor cursor = MakeCursor(text, ofs);
  std::vector<TSNode> nodes;
  bool all = NodesToAsk(root, cursor, &nodes);
  Meanings meanings;
  all &= Ask(grammar, nodes, text, {cursor.content_ofs, ofs + 1}, &meanings);
  NodePath path =
      WalkDown(root, cursor, meanings, text, grammar.by_indentation());
  path.cut |= !all;
  path.places = FindPlaces(meanings, ofs, text);
  path.blank_before = cursor.blank_before;
  return path;
}

}  // namespace krait::grammars

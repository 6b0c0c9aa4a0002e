// SPDX-License-Identifier: Apache-2.0
#include "grammars/tree_sitter/incremental.h"

namespace krait::grammars {
namespace {

using Clock = std::chrono::steady_clock;

TSPoint ToPoint(const Point& point) {
  return {static_cast<uint32_t>(point.row),
          static_cast<uint32_t>(point.column)};
}

// Gives the parser the rest of the piece at the offset; none at the end.
const char* ReadPiece(void* payload, uint32_t byte_ofs, TSPoint,
                      uint32_t* num_bytes) {
  size_t ofs = byte_ofs;
  for (const std::string_view piece :
       *static_cast<const TextPieces*>(payload)) {
    if (ofs < piece.size()) {
      *num_bytes = static_cast<uint32_t>(piece.size() - ofs);
      return piece.data() + ofs;
    }
    ofs -= piece.size();
  }
  *num_bytes = 0;
  return "";
}

// The library asks every hundred steps or so.
bool IsPast(TSParseState* state) {
  return Clock::now() > *static_cast<const Clock::time_point*>(state->payload);
}

}  // namespace

void ApplyEdit(TSTree* tree, const Edit& edit) {
  TSInputEdit input;
  input.start_byte = static_cast<uint32_t>(edit.begin_ofs);
  input.old_end_byte = static_cast<uint32_t>(edit.old_end_ofs);
  input.new_end_byte = static_cast<uint32_t>(edit.new_end_ofs);
  input.start_point = ToPoint(edit.begin);
  input.old_end_point = ToPoint(edit.old_end);
  input.new_end_point = ToPoint(edit.new_end);
  ts_tree_edit(tree, &input);
}

TreeHandle ParsePieces(TSParser* parser, const TSTree* old_tree,
                       const TextPieces& text,
                       std::chrono::milliseconds timeout) {
  TextPieces pieces = text;
  Clock::time_point deadline = Clock::now() + timeout;
  TSInput input = {};
  input.payload = &pieces;
  input.read = ReadPiece;
  input.encoding = TSInputEncodingUTF8;
  TSParseOptions options = {};
  options.payload = &deadline;
  options.progress_callback = IsPast;
  TreeHandle tree(
      ts_parser_parse_with_options(parser, old_tree, input, options));
  // Else the next parse would go on with this text.
  if (tree == nullptr) ts_parser_reset(parser);
  return tree;
}

size_t CountErrorNodes(const TSTree* tree) {
  size_t errors = 0;
  TreeCursor cursor(ts_tree_root_node(tree));
  while (true) {
    const TSNode node = cursor.Node();
    if (ts_node_is_error(node) || ts_node_is_missing(node)) ++errors;
    if (ts_node_has_error(node) && cursor.ToFirstChild()) continue;
    while (!cursor.ToNextSibling()) {
      if (!cursor.ToParent()) return errors;
    }
  }
}

}  // namespace krait::grammars

// SPDX-License-Identifier: Apache-2.0
#include "grammars/tree_sitter/incremental.h"

#include <cstdlib>
#include <ctime>

namespace krait::grammars {
namespace {

using std::chrono::microseconds;

// The time that this thread computed.
microseconds ThreadTime() {
  timespec time = {};
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::duration_cast<microseconds>(
      std::chrono::seconds(time.tv_sec) +
      std::chrono::nanoseconds(time.tv_nsec));
}

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

// A parse under way.
struct Progress {
  ParseLimit* limit;
  microseconds begin = ThreadTime();
};

// The library asks every hundred of its steps.
bool IsPast(TSParseState* state) {
  const auto* progress = static_cast<const Progress*>(state->payload);
  ParseLimit& limit = *progress->limit;
  if (limit.steps > 0) --limit.steps;
  return limit.steps == 0 || limit.stop.stop_requested() ||
         ThreadTime() - progress->begin > limit.cpu_time;
}

// Moves a point behind an insertion.
TSPoint Moved(TSPoint point, const Edit& edit) {
  if (point.row == UINT32_MAX) return point;
  if (point.row == edit.begin.row) {
    point.column += static_cast<uint32_t>(edit.new_end.column);
    point.column -= static_cast<uint32_t>(edit.begin.column);
  }
  point.row += static_cast<uint32_t>(edit.new_end.row - edit.begin.row);
  return point;
}

uint32_t Moved(uint32_t byte, const Edit& edit) {
  if (byte == UINT32_MAX) return byte;
  return byte + static_cast<uint32_t>(edit.new_end_ofs - edit.begin_ofs);
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
                       const std::vector<TSRange>& ranges, ParseLimit* limit) {
  TextPieces pieces = text;
  Progress progress{limit};
  const auto num_ranges = static_cast<uint32_t>(ranges.size());
  if (!ts_parser_set_included_ranges(parser, ranges.data(), num_ranges)) {
    return nullptr;
  }
  TSInput input = {};
  input.payload = &pieces;
  input.read = ReadPiece;
  input.encoding = TSInputEncodingUTF8;
  TSParseOptions options = {};
  options.payload = &progress;
  options.progress_callback = IsPast;
  TreeHandle tree(
      ts_parser_parse_with_options(parser, old_tree, input, options));
  limit->cpu_time -= ThreadTime() - progress.begin;
  // Else the next parse would go on with this text.
  if (tree == nullptr) ts_parser_reset(parser);
  return tree;
}

std::vector<TSRange> RangesOf(const TSTree* tree) {
  uint32_t count = 0;
  TSRange* raw = ts_tree_included_ranges(tree, &count);
  std::vector<TSRange> ranges(raw, raw + count);
  std::free(raw);  // NOLINT: the library allocates with malloc
  return ranges;
}

bool InsertInRanges(const Edit& edit, std::vector<TSRange>* ranges) {
  bool found = false;
  for (TSRange& range : *ranges) {
    if (found) {
      range.start_byte = Moved(range.start_byte, edit);
      range.start_point = Moved(range.start_point, edit);
    } else {
      if (edit.begin_ofs < range.start_byte) return false;
      found = edit.begin_ofs <= range.end_byte;
      if (!found) continue;
    }
    range.end_byte = Moved(range.end_byte, edit);
    range.end_point = Moved(range.end_point, edit);
  }
  return found;
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

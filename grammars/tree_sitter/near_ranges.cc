// SPDX-License-Identifier: Apache-2.0
//
// From the root down to the cursor: each block or container that is long loses
// its first and its last children, by whole lines, so that neither indentation
// nor what separates the children is torn.
#include "grammars/tree_sitter/near_ranges.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "grammars/edit.h"
#include "grammars/tree_sitter/limits.h"

namespace krait::grammars {
namespace {

// What of the statements around the cursor is kept. More is kept before it: a
// completion depends on that, and the anchors of its states are there.
constexpr size_t kBefore = size_t{4} << 10;
constexpr size_t kAfter = size_t{1} << 10;
// So near to the cursor everything is kept, in whatever it is and however long
// that is: questions about a place apart by that much may come (SyntaxCache).
constexpr size_t kSure = 512;
// Leaving less out is not worth a tree of its own.
constexpr size_t kFewest = size_t{8} << 10;
// The first child of a file may say how to read the others ("<?php").
constexpr size_t kOpening = 256;

constexpr std::string_view kSpace = " \t\v\f\r\n";

size_t LineBegin(std::string_view text, size_t ofs) {
  const size_t newline = text.substr(0, ofs).rfind('\n');
  return newline == std::string_view::npos ? 0 : newline + 1;
}

class NearFinder {
 public:
  NearFinder(const Grammar& grammar, const TSTree* tree, std::string_view text,
             ByteRange edited, size_t ofs)
      : grammar_(grammar),
        root_(ts_tree_root_node(tree)),
        text_(text),
        edited_(edited) {
    const size_t content = text.substr(0, ofs).find_last_not_of(kSpace);
    content_ofs_ = content == std::string_view::npos ? 0 : content;
    near_begin_ =
        LineBegin(text, ofs) - std::min(LineBegin(text, ofs), kBefore);
    near_end_ = ofs + kAfter;
    sure_begin_ = ofs - std::min(ofs, kSure);
    sure_end_ = ofs + kSure;
  }

  // Returns what may be left out, ascending.
  std::vector<ByteRange> Skips() {
    TSNode node = root_;
    if (ts_node_is_error(node)) return {};
    for (size_t depth = 0;
         depth < kMaxDepth &&
         ts_node_end_byte(node) - ts_node_start_byte(node) > kFewest;
         ++depth) {
      const bool is_root = depth == 0;
      if (is_root || lists_.contains(node.id)) {
        SkipBefore(node, is_root);
        SkipAfter(node, is_root);
      }
      TreeCursor cursor(node);
      if (!cursor.ToChildOver(static_cast<uint32_t>(content_ofs_))) break;
      node = cursor.Node();
      if (ts_node_start_byte(node) > content_ofs_) break;
      FindLists(node);
    }
    std::ranges::sort(skips_, {}, &ByteRange::begin_ofs);
    return std::move(skips_);
  }

 private:
  // Finds the lists that `node` or a pattern which begins at it says. Once the
  // budget is spent no more are found, and so less is left out.
  void FindLists(TSNode node) {
    const ByteRange range = {content_ofs_, content_ofs_ + 1};
    const auto note = [&](const Match& match) {
      for (const Capture& capture : match.captures) {
        if ((capture.role & (kBlock | kContainer)) != 0) {
          lists_.insert(capture.node.id);
        }
      }
    };
    (void)grammar_.scopes().RunAt({&node, 1}, text_, range, &budget_, note);
  }

  // True for a child that can be left out together with its neighbours.
  bool IsElement(const TreeCursor& cursor) const {
    const TSNode node = cursor.Node();
    return ts_node_is_named(node) && cursor.Field() == nullptr &&
           !ts_node_is_error(node) && !ts_node_is_missing(node);
  }
  bool HoldsCursor(TSNode node) const {
    return ts_node_start_byte(node) <= content_ofs_ &&
           content_ofs_ < ts_node_end_byte(node);
  }

  // Returns where the line of `ofs` begins if nothing else is before `ofs` on
  // it, and the tree knows.
  std::optional<size_t> CutBefore(size_t ofs) const {
    if (ofs > text_.size()) return std::nullopt;
    if (edited_.begin_ofs < ofs && ofs <= edited_.end_ofs) return std::nullopt;
    // Not by where the line begins: that may be far, for each of many nodes.
    const size_t content = text_.substr(0, ofs).find_last_not_of(" \t");
    if (content == std::string_view::npos) return 0;
    if (text_[content] != '\n') return std::nullopt;
    return content + 1;
  }

  void SkipBefore(TSNode list, bool is_root) {
    TreeCursor cursor(list);
    if (!cursor.ToFirstChild()) return;
    while (!IsElement(cursor)) {
      if (!cursor.ToNextSibling()) return;
    }
    if (is_root && ts_node_end_byte(cursor.Node()) <= kOpening &&
        !cursor.ToNextSibling()) {
      return;
    }
    const auto begin = CutBefore(ts_node_start_byte(cursor.Node()));
    TreeCursor near(list);
    if (!begin || !near.ToChildOver(static_cast<uint32_t>(near_begin_))) return;
    for (;;) {
      const TSNode node = near.Node();
      if (ts_node_start_byte(node) > content_ofs_) return;
      const bool wanted = HoldsCursor(node) ||
                          ts_node_start_byte(node) >= near_begin_ ||
                          ts_node_end_byte(node) > sure_begin_;
      if (wanted && IsElement(near)) {
        if (const auto end = CutBefore(ts_node_start_byte(node))) {
          return Skip(*begin, *end);
        }
      }
      if (HoldsCursor(node) || !near.ToNextSibling()) return;
    }
  }

  void SkipAfter(TSNode list, bool is_root) {
    TreeCursor cursor(list);
    if (!cursor.ToChildOver(static_cast<uint32_t>(near_end_))) return;
    while (HoldsCursor(cursor.Node()) ||
           ts_node_start_byte(cursor.Node()) <= sure_end_ ||
           !IsElement(cursor) ||
           !CutBefore(ts_node_start_byte(cursor.Node()))) {
      if (!cursor.ToNextSibling()) return;
    }
    Skip(*CutBefore(ts_node_start_byte(cursor.Node())),
         is_root ? text_.size() : EndOfElements(list));
  }

  // Returns where what closes the list begins; its end if nothing does.
  size_t EndOfElements(TSNode list) const {
    const TSNode last = ts_node_child(list, ts_node_child_count(list) - 1);
    if (ts_node_is_named(last)) return ts_node_end_byte(list);
    const size_t begin = ts_node_start_byte(last);
    return CutBefore(begin).value_or(begin);
  }

  void Skip(size_t begin_ofs, size_t end_ofs) {
    end_ofs = std::min(end_ofs, text_.size());
    if (begin_ofs < end_ofs) skips_.push_back({begin_ofs, end_ofs});
  }

  const Grammar& grammar_;
  TSNode root_;
  std::string_view text_;
  ByteRange edited_;
  // The last byte before the cursor that is no white space.
  size_t content_ofs_ = 0;
  size_t near_begin_ = 0;
  size_t near_end_ = 0;
  size_t sure_begin_ = 0;
  size_t sure_end_ = 0;
  QueryBudget budget_{kMaxStepsAtPlace};  // after them less is left out
  std::unordered_set<const void*> lists_;
  std::vector<ByteRange> skips_;
};

constexpr TSRange kEverything = {
    {0, 0}, {UINT32_MAX, UINT32_MAX}, 0, UINT32_MAX};

// Returns all but the skips.
std::vector<TSRange> RangesWithout(const std::vector<ByteRange>& skips,
                                   std::string_view text) {
  std::vector<TSRange> ranges;
  TSRange range = kEverything;
  size_t counted_ofs = 0;
  uint32_t row = 0;
  // All places are the beginning of a line, but for the end of a list.
  const auto point_at = [&](size_t ofs) {
    const std::string_view since = text.substr(counted_ofs, ofs - counted_ofs);
    row += static_cast<uint32_t>(std::ranges::count(since, '\n'));
    counted_ofs = ofs;
    return TSPoint{row, static_cast<uint32_t>(ofs - LineBegin(text, ofs))};
  };
  for (const ByteRange& skip : skips) {
    if (skip.begin_ofs < range.start_byte) continue;
    range.end_byte = static_cast<uint32_t>(skip.begin_ofs);
    range.end_point = point_at(skip.begin_ofs);
    if (range.end_byte > range.start_byte) ranges.push_back(range);
    range = kEverything;
    range.start_byte = static_cast<uint32_t>(skip.end_ofs);
    range.start_point = point_at(skip.end_ofs);
  }
  ranges.push_back(range);
  return ranges;
}

}  // namespace

std::vector<TSRange> NearRanges(const Grammar& grammar, const TSTree* tree,
                                std::string_view text, ByteRange edited,
                                size_t ofs) {
  const auto skips =
      NearFinder(grammar, tree, text, edited, std::min(ofs, text.size()))
          .Skips();
  size_t skipped = 0;
  for (const ByteRange& skip : skips) skipped += skip.end_ofs - skip.begin_ofs;
  if (skipped < kFewest) return {kEverything};
  return RangesWithout(skips, text);
}

}  // namespace krait::grammars

// SPDX-License-Identifier: Apache-2.0
#include "grammars/edit.h"

#include <algorithm>
#include <cassert>

namespace krait::grammars {
namespace {

// Returns the place of the end of `text`, which begins at `from`.
Point Advance(Point from, std::string_view text) {
  const size_t last_break = text.rfind('\n');
  if (last_break == std::string_view::npos) {
    return {from.row, from.column + text.size()};
  }
  const auto breaks = std::ranges::count(text, '\n');
  return {from.row + static_cast<size_t>(breaks), text.size() - last_break - 1};
}

}  // namespace

Point PointAt(std::string_view text, size_t ofs) {
  assert(ofs <= text.size());
  return Advance({}, text.substr(0, ofs));
}

Edit EditBetween(std::string_view before, std::string_view after) {
  const size_t shorter = std::min(before.size(), after.size());
  const auto differ = std::mismatch(
      before.begin(), before.begin() + static_cast<ptrdiff_t>(shorter),
      after.begin());
  const size_t prefix = static_cast<size_t>(differ.first - before.begin());
  const auto differ_back =
      std::mismatch(before.rbegin(),
                    before.rbegin() + static_cast<ptrdiff_t>(shorter - prefix),
                    after.rbegin());
  const size_t suffix =
      static_cast<size_t>(differ_back.first - before.rbegin());

  Edit edit;
  edit.begin_ofs = prefix;
  edit.old_end_ofs = before.size() - suffix;
  edit.new_end_ofs = after.size() - suffix;
  edit.begin = PointAt(before, prefix);
  edit.old_end =
      Advance(edit.begin, before.substr(prefix, edit.old_end_ofs - prefix));
  edit.new_end =
      Advance(edit.begin, after.substr(prefix, edit.new_end_ofs - prefix));
  return edit;
}

}  // namespace krait::grammars

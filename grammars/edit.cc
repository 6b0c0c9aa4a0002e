// SPDX-License-Identifier: Apache-2.0
#include "grammars/edit.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>

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

// How many bytes two texts have in common at their beginnings, at most `limit`.
// By blocks, as comparing memory is much faster than comparing bytes.
size_t SharedPrefix(std::string_view a, std::string_view b, size_t limit) {
  constexpr size_t kBlock = 1024;
  size_t shared = 0;
  while (limit - shared >= kBlock &&
         std::memcmp(a.data() + shared, b.data() + shared, kBlock) == 0) {
    shared += kBlock;
  }
  while (shared < limit && a[shared] == b[shared]) ++shared;
  return shared;
}

// Same at their ends.
size_t SharedSuffix(std::string_view a, std::string_view b, size_t limit) {
  constexpr size_t kBlock = 1024;
  const char* a_end = a.data() + a.size();
  const char* b_end = b.data() + b.size();
  size_t shared = 0;
  while (limit - shared >= kBlock &&
         std::memcmp(a_end - shared - kBlock, b_end - shared - kBlock,
                     kBlock) == 0) {
    shared += kBlock;
  }
  while (shared < limit && a_end[-1 - static_cast<ptrdiff_t>(shared)] ==
                               b_end[-1 - static_cast<ptrdiff_t>(shared)]) {
    ++shared;
  }
  return shared;
}

}  // namespace

Point PointAt(std::string_view text, size_t ofs) {
  assert(ofs <= text.size());
  return Advance({}, text.substr(0, ofs));
}

Edit EditBetween(std::string_view before, std::string_view after) {
  const size_t shorter = std::min(before.size(), after.size());
  const size_t prefix = SharedPrefix(before, after, shorter);
  const size_t suffix = SharedSuffix(before, after, shorter - prefix);

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

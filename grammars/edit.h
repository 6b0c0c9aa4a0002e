// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_EDIT_H_
#define KRAIT_GRAMMARS_EDIT_H_

#include <cstddef>
#include <string_view>

namespace krait::grammars {

// A place as line (from 0, ended by "\n") and bytes since its start.
struct Point {
  size_t row = 0;
  size_t column = 0;
  bool operator==(const Point&) const = default;
};

// The replacement of [begin_ofs, old_end_ofs) by what is then at
// [begin_ofs, new_end_ofs).
struct Edit {
  size_t begin_ofs = 0;
  size_t old_end_ofs = 0;
  size_t new_end_ofs = 0;
  Point begin;
  Point old_end;
  Point new_end;
  bool operator==(const Edit&) const = default;
};

// Returns the place of `ofs`, at most text.size(). O(ofs).
Point PointAt(std::string_view text, size_t ofs);

// Returns the smallest single edit that makes `before` into `after`.
// O(size), but at the speed of memory: below 1 ms for files that people edit.
Edit EditBetween(std::string_view before, std::string_view after);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_EDIT_H_

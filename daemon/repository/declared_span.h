// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_DECLARED_SPAN_H_
#define KRAIT_DAEMON_REPOSITORY_DECLARED_SPAN_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/repository/text_lines.h"

namespace krait::repository {

// Where in a text a declaration is that belongs to its outline.
struct DeclaredSpan {
  size_t line = 0;             // on which it begins, from 0
  size_t column = 0;           // its begin there, in bytes
  size_t signature_bytes = 0;  // from its begin; 0: the line as it stands
  size_t name_ofs = 0;         // from its begin
  size_t name_bytes = 0;
  size_t around = 0;  // the one around it is so many before it; 0: none

  bool operator==(const DeclaredSpan&) const = default;
};

// Packs the spans of a text, whose lines ascend, into two bytes each mostly,
// less where equal ones follow each other: the name as the how many-th word it
// is, and only what is unusual of the rest.
std::string PackSpans(const std::vector<DeclaredSpan>& spans,
                      const TextLines& lines);

// Returns what was packed, if `lines` are of the same text. Of other bytes some
// spans on its lines, no more than the text has bytes; never fails.
std::vector<DeclaredSpan> UnpackSpans(std::string_view packed,
                                      const TextLines& lines);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_DECLARED_SPAN_H_

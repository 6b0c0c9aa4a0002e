// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/windows.h"

#include <algorithm>

namespace krait::repository {

size_t WindowEnd(const TextLines& lines, size_t first, size_t last) {
  const size_t end = std::min(first + kWindowLines, last);
  if (end == last) return end;
  for (size_t at = end; at > first + kWindowLines / 2; --at) {
    if (lines.IsBlank(at - 1)) return at;
  }
  return end;
}

std::optional<Chunk> ChunkOfLines(const TextLines& lines, size_t first,
                                  size_t last) {
  while (first < last && lines.IsBlank(first)) ++first;
  while (last > first && lines.IsBlank(last - 1)) --last;
  if (first == last) return std::nullopt;
  return Chunk{.begin_line = first + 1,
               .end_line = last,
               .begin_ofs = lines.Begin(first),
               .end_ofs = lines.Begin(last)};
}

}  // namespace krait::repository

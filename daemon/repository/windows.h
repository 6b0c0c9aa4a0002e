// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_WINDOWS_H_
#define KRAIT_DAEMON_REPOSITORY_WINDOWS_H_

#include <cstddef>
#include <optional>

#include "daemon/repository/chunks.h"
#include "daemon/repository/text_lines.h"

namespace krait::repository {

// Returns the line behind a window that begins at line `first` of
// [first, last): kWindowLines further at most, rather behind a blank line in
// the window's second half.
size_t WindowEnd(const TextLines& lines, size_t first, size_t last);

// Returns lines [first, last), without blank ones at either end, as a chunk
// that has its place and nothing else; nothing if all are blank.
std::optional<Chunk> ChunkOfLines(const TextLines& lines, size_t first,
                                  size_t last);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_WINDOWS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_FILE_POSITION_H_
#define KRAIT_DAEMON_FILE_POSITION_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::daemon {

// FILE:LINE:COL of the command line; line from 1, column in bytes from 1.
struct FilePosition {
  std::string file;
  size_t line = 0;
  size_t column = 0;
};

// Splits at the last two colons: the file's name may contain others.
base::Result<FilePosition> ParseFilePosition(std::string_view text);

// Returns the byte offset of the position in the file's text. The column may be
// one past the line's last byte; a line is what ends with \n or \r\n.
base::Result<size_t> OffsetOf(const FilePosition& position,
                              std::string_view text);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_FILE_POSITION_H_

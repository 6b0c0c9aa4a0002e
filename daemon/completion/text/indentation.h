// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_INDENTATION_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_INDENTATION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "grammars/syntax_types.h"

namespace krait::completion {

// Returns the width of the leading blanks, to compare what a model writes with
// what a file has. Tabs go to multiples of four, not of eight as in
// grammars::Columns: where a file has a tab models often write four blanks.
size_t IndentColumns(std::string_view line);

// Returns the step of indentation that the lines before the cursor, or else
// those after it, or the cursor's own, tell; nothing if none does.
std::optional<grammars::IndentUnit> IndentUnitAround(std::string_view prefix,
                                                     std::string_view suffix);

// Makes the indentation of a completion at the end of `prefix` that of the
// file: tabs where it uses tabs, spaces where it uses spaces, and the lines of
// a block that its first line opens where they belong. Of blanks that it begins
// with only those are kept that the lines before call for: none in an indented
// line, unless a block begins there, and none at the file's start.
std::string FitIndentation(std::string_view text, std::string_view prefix,
                           const grammars::IndentUnit& unit);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_INDENTATION_H_

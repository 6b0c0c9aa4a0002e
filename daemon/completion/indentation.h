// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_INDENTATION_H_
#define KRAIT_DAEMON_COMPLETION_INDENTATION_H_

#include <optional>
#include <string>
#include <string_view>

#include "grammars/syntax_types.h"

namespace krait::daemon {

// Returns the step of indentation that the lines before the cursor, or else
// those after it, or the cursor's own, tell; nothing if none does.
std::optional<grammars::IndentUnit> IndentUnitAround(std::string_view prefix,
                                                     std::string_view suffix);

// Makes the indentation of a completion at the end of `prefix` that of the
// file: tabs where it uses tabs, spaces where it uses spaces. Of blanks that a
// completion begins with although the cursor is indented already, only those
// are kept that the line before calls for.
std::string FitIndentation(std::string_view text, std::string_view prefix,
                           const grammars::IndentUnit& unit);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_INDENTATION_H_

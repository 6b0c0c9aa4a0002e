// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_SYNTAX_CHECK_H_
#define KRAIT_DAEMON_COMPLETION_SYNTAX_CHECK_H_

#include <string_view>

#include "daemon/completion/syntax.h"
#include "grammars/syntax_types.h"

namespace krait::daemon {

// Returns the longest beginning of `text` that can stand at the cursor without
// a new syntax error: all of it, or what comes before the bracket that leaves
// the cursor's block, or whole lines, or its first line. A beginning counts
// that something could well follow: closing brackets, the body of a block.
// Empty if there is none.
//
// All of `text` if the tree cannot tell: it is not well-formed around the
// cursor, or the budget is spent, which the caller can see: then nothing is
// known of it.
std::string_view FitSyntax(const CursorSyntax& syntax, std::string_view text,
                           grammars::CheckBudget* budget);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_SYNTAX_CHECK_H_

// SPDX-License-Identifier: Apache-2.0
// Where a completion meets what stands on the cursor's line.
#ifndef KRAIT_DAEMON_COMPLETION_SHOWN_SEAM_H_
#define KRAIT_DAEMON_COMPLETION_SHOWN_SEAM_H_

#include <string>
#include <string_view>

#include "daemon/completion/text/text_window.h"

namespace krait::completion {

// Says why nothing should be shown at a place, whatever a model would say;
// empty: something may be. Nobody has a use for what is shown unasked within a
// word, and of a text that says nothing a model knows nothing.
std::string WhyNotHere(std::string_view before, std::string_view after,
                       bool invoked);

// True if a statement, or any other content, stands on the cursor's line and
// nothing but blanks before the cursor: then only whole lines can be put there.
bool StandsBeforeContent(const CursorLine& line);

// True if `text` would make one word with what follows it.
bool IsGlued(std::string_view text, std::string_view after);

// Returns the beginning of `text` that is not glued to `after`: up to its last
// character that is none of a word. Empty if there is none but blanks.
std::string_view CutGlued(std::string_view text, std::string_view after);

// True if a cut at `ofs` leaves a part of a word of `text`.
bool CutsWord(std::string_view text, size_t ofs);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_SHOWN_SEAM_H_

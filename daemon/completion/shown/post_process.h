// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_SHOWN_POST_PROCESS_H_
#define KRAIT_DAEMON_COMPLETION_SHOWN_POST_PROCESS_H_

#include <string>
#include <string_view>

namespace krait::completion {

struct PostProcessed {
  std::string text;           // empty: nothing to show
  std::string suppressed_by;  // why nothing is shown
};

// Makes a model's text fit for showing at the cursor between `prefix` and
// `suffix`: cuts what is not whole UTF-8, what repeats the suffix, brackets
// and quotes that the rest of the line already has, the part of a word that
// would be glued to it, and blanks at the end.
PostProcessed PostProcess(std::string_view text, std::string_view prefix,
                          std::string_view suffix);

// The parts, for tests.

// Returns `text` without the end that repeats the beginning of `suffix`: the
// longest such overlap that is more than a coincidence (the whole rest of the
// line, blanks apart, or four characters with a word in them, or more than a
// line end), or, at the line's end, the lines that follow.
std::string_view CutSuffixOverlap(std::string_view text,
                                  std::string_view suffix);

// Returns `text` without closing brackets and quotes that close what was
// opened before the cursor and that `rest_of_line` closes already.
// `line_before` is the cursor's line up to the cursor.
std::string_view CutClosed(std::string_view text, std::string_view line_before,
                           std::string_view rest_of_line);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_SHOWN_POST_PROCESS_H_

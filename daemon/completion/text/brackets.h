// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_BRACKETS_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_BRACKETS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace krait::completion {

// The brackets of a piece of code.
struct Brackets {
  std::string open = {};  // those still open at its end, outermost first
  // The first one that closes what was opened before the text; what follows it
  // is not looked at.
  std::optional<size_t> leaving_ofs = {};

  bool Balanced() const { return open.empty() && !leaving_ofs; }
  // Returns what closes the open ones, innermost first.
  std::string Closers() const;
};

// Skips strings that end on their line, and comments up to the line's end
// (`line_comment` may be empty: none).
Brackets FindBrackets(std::string_view text, std::string_view line_comment);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_BRACKETS_H_

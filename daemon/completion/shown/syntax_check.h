// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_SHOWN_SYNTAX_CHECK_H_
#define KRAIT_DAEMON_COMPLETION_SHOWN_SYNTAX_CHECK_H_

#include <cstddef>
#include <string_view>

#include "daemon/completion/shown/syntax.h"

namespace krait::completion {

// What is asked about: a place in a text, with its tree if that is there.
// Without a tree only what has rules of its own is checked.
struct SyntaxPlace {
  const grammars::SyntaxTree* tree = nullptr;
  const grammars::Language* language = nullptr;  // null: unknown
  std::string_view text;
  size_t ofs = 0;
};

struct SyntaxCheck {
  // What comes between the completion and the rest of the line in any case.
  std::string_view tail = {};
  // Whether something that only begins a statement may stand where nothing is
  // half typed: the user has asked for it.
  bool beginnings = false;
  // For all questions together. Not null.
  grammars::CheckBudget* budget = nullptr;
};

// Returns the longest beginning of `text` that can stand at the cursor: all of
// it, or what comes before the bracket that leaves the cursor's block, or whole
// lines, or its first line, or that up to the end of a word or a bracket. Empty
// if there is none.
//
// Where the statement at the cursor is well-formed (or there is none yet), it
// must be so afterwards, and no other one worse for it. Where it is half typed,
// it must be such that an ending makes it whole: closing brackets and quotes,
// an operand, the body of a block.
//
// All of `text` if no grammar can tell, or the budget is spent, which the
// caller can see: then nothing is known of it; nothing of it if rules
// (grammars/rules) have not told.
std::string_view FitSyntax(const SyntaxPlace& place, std::string_view text,
                           const SyntaxCheck& check);

inline std::string_view FitSyntax(const CursorSyntax& syntax,
                                  std::string_view text,
                                  const SyntaxCheck& check) {
  return FitSyntax({.tree = &syntax.tree(),
                    .language = syntax.language(),
                    .text = syntax.tree().text(),
                    .ofs = syntax.cursor_ofs()},
                   text, check);
}

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_SHOWN_SYNTAX_CHECK_H_

// SPDX-License-Identifier: Apache-2.0
// What krait checks of a language beyond its tree-sitter grammar, which accepts
// more than the language does so that it can make a tree of half-typed text:
//
//   Python  statements and expressions by the language's own grammar,
//           indentation, blocks, clauses, strings and their fields: all that
//           its parser refuses, the inside of `case` patterns apart. The
//           grammar takes `a = bc = d` for what `f() = g()` is, `if x:import
//           os`, `print x`, and any indentation.
//   JSON    all of RFC 8259: the grammar takes commas at the end, several
//           values, and single words.
//   Lua     the line that a block begins with has no `) {`: to the grammar, and
//           to Lua, that begins the call `(x) {...}`, which nobody writes
//           there.
//
// Of the other languages the grammar is all there is.
#ifndef KRAIT_GRAMMARS_RULES_LANGUAGE_RULES_H_
#define KRAIT_GRAMMARS_RULES_LANGUAGE_RULES_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "grammars/language.h"
#include "grammars/syntax_types.h"

namespace krait::grammars {

// Returns whether CheckByRules knows all of a language, so that its grammar
// need not be asked.
bool HasRules(const Language& language);

// Says how `inserted` at `ofs` would change what is well-formed in `text`,
// which begins where a statement does. Costs some 20 microseconds a kilobyte
// of what has to be looked at, and a step of `budget` for each. Nothing if
// there are no rules for the language, or the budget is spent.
std::optional<InsertionErrors> CheckByRules(const Language& language,
                                            std::string_view text, size_t ofs,
                                            std::string_view inserted,
                                            CheckBudget* budget);

// Returns where a statement begins by the lines of a text alone, for
// CheckByRules without a tree: at the last definition before `ofs` that is not
// indented, or where the text does. npos if that is likely none.
size_t StatementBeginByLines(const Language& language, std::string_view text,
                             size_t ofs);

// Returns whether `line`, up to where something was inserted at its end, is
// what a grammar accepts although nobody would write it in that language.
bool IsForeign(const Language& language, std::string_view line);

// Returns what could end a statement that has begun, behind closing brackets;
// the first is empty.
std::span<const std::string_view> StatementEndings(const Language* language);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_RULES_LANGUAGE_RULES_H_

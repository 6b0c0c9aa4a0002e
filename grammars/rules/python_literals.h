// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_RULES_PYTHON_LITERALS_H_
#define KRAIT_GRAMMARS_RULES_PYTHON_LITERALS_H_

#include <string_view>

#include "grammars/rules/python_lexer.h"

namespace krait::grammars {

// Whether `text`, not empty, is a number: "0x1F", "1_000", ".5e-3", "1j".
bool IsPythonNumber(std::string_view text);

// Whether what the backslashes of a string token announce is there.
bool EscapesAreWhole(const PythonToken& token);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_RULES_PYTHON_LITERALS_H_

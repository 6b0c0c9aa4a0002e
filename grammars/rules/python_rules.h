// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_RULES_PYTHON_RULES_H_
#define KRAIT_GRAMMARS_RULES_PYTHON_RULES_H_

#include <string_view>
#include <vector>

#include "grammars/rules/broken.h"

namespace krait::grammars {

// Returns what of a text the language's own parser would refuse: lines that
// are no statement, indentation that fits no block, blocks that are missing,
// clauses without their statement. In the order of the text.
//
// The first line's indentation is taken as it is. What is only refused when
// the program runs, or is compiled (`return` outside of a function), is not
// looked at, nor are patterns behind `case`.
// With `goes_on` the text is the beginning of one: what its last line lacks may
// follow.
std::vector<Broken> FindBrokenPython(std::string_view text, bool goes_on);

// Returns how much of a text FindBrokenPython has to see for a change at `ofs`:
// up to the end of the first line behind `ofs` that is indented no more than
// the text's first one and begins a statement.
size_t PythonRegionEnd(std::string_view text, size_t ofs);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_RULES_PYTHON_RULES_H_

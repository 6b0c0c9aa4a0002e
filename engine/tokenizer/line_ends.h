// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_LINE_ENDS_H_
#define KRAIT_ENGINE_TOKENIZER_LINE_ENDS_H_

#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// Whether a newline and the blanks behind it become one token, as where texts
// are split by GPT-2's rule (`\s+(?!\S)`: SmolLM2, StarCoder 2, Refact). Behind
// a newline that is a token of its own such models expect a line that is not
// indented.
bool IndentationJoinsNewline(const Tokenizer& tokenizer);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_LINE_ENDS_H_

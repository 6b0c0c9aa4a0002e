// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_SPLIT_RULES_H_
#define KRAIT_ENGINE_TOKENIZER_SPLIT_RULES_H_

#include <cstddef>
#include <string_view>

#include "engine/tokenizer/pre_tokenizer.h"

namespace krait::engine {

// Returns the end of the piece that begins at `pos` (< text.size()) by the
// rule: a match of its pattern, or the stretch up to the next match.
size_t NextPieceEnd(SplitRule rule, std::string_view text, size_t pos);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_SPLIT_RULES_H_

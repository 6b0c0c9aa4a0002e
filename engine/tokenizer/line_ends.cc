// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/line_ends.h"

#include <string_view>

namespace krait::engine {

// Asked of the tokenizer itself: vocabularies that split otherwise can have
// such tokens, too, as parts of "\n    \n".
bool IndentationJoinsNewline(const Tokenizer& tokenizer) {
  for (const std::string_view text : {"if x:\n        y", "if x:\n\ty"}) {
    for (const TokenId id : tokenizer.Encode(text)) {
      const std::string_view bytes = tokenizer.TokenBytes(id);
      const size_t newline = bytes.find('\n');
      if (newline != bytes.npos && newline + 1 < bytes.size()) return true;
    }
  }
  return false;
}

}  // namespace krait::engine

// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/shown/seam.h"

#include "daemon/completion/stop/stop_rules.h"
#include "daemon/completion/text/words.h"
#include "grammars/lines.h"

namespace krait::completion {

std::string WhyNotHere(std::string_view before, std::string_view after,
                       bool invoked) {
  if (grammars::IsBlank(before) && grammars::IsBlank(after))
    return "there is nothing to go by yet";
  if (!invoked && IsGlued(before, after)) {
    return "the cursor is within a word";
  }
  return {};
}

bool StandsBeforeContent(const CursorLine& line) {
  return grammars::IsBlank(line.before) && !grammars::IsBlank(line.after);
}

bool IsGlued(std::string_view text, std::string_view after) {
  return !text.empty() && !after.empty() && IsWordByte(text.back()) &&
         IsWordByte(after.front());
}

std::string_view CutGlued(std::string_view text, std::string_view after) {
  while (IsGlued(text, after)) text.remove_suffix(1);
  return grammars::IsBlank(text) ? std::string_view() : text;
}

bool CutsWord(std::string_view text, size_t ofs) {
  return ofs > 0 && ofs < text.size() && IsWordByte(text[ofs - 1]) &&
         IsWordByte(text[ofs]);
}

}  // namespace krait::completion

// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/confidence.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "daemon/completion/stop/stop_rules.h"
#include "daemon/completion/text/words.h"
#include "grammars/lines.h"

namespace krait::completion {
namespace {

// Fewer characters than these, blanks apart, are quicker typed than read.
constexpr size_t kLeastCharacters = 3;

// Returns where the word begins that ends at the end of `text`.
size_t WordBegin(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0 && IsWordByte(text[begin - 1])) --begin;
  return begin;
}

bool HasWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool begins = at == 0 || !IsWordByte(text[at - 1]);
    const bool ends = end == text.size() || !IsWordByte(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

ConfidenceGate MakeGate(const ConfidenceWish& wish,
                        const ConfidenceThresholds& model) {
  if (wish.min_confidence == kShowAll) return {};
  if (wish.invoked) {
    return {.token = model.invoked_token, .always_something = true};
  }
  return {.line = wish.min_confidence.value_or(model.line),
          .block = wish.min_confidence.value_or(model.block),
          .token = model.token,
          .hides_scraps = true};
}

size_t EndAtWord(std::string_view said, size_t keep, std::string_view before,
                 std::string_view after) {
  const std::string_view kept = said.substr(0, keep);
  if (keep == 0 || keep == said.size()) return keep;
  if (!IsWordByte(kept.back()) || !IsWordByte(said[keep])) return keep;
  // The word may have begun before the cursor.
  const size_t begin = WordBegin(kept);
  const size_t typed = begin == 0 ? WordBegin(before) : before.size();
  std::string word(before.substr(typed));
  word += kept.substr(begin);
  const bool known = HasWord(before.substr(0, typed), word) ||
                     HasWord(kept.substr(0, begin), word) ||
                     HasWord(after, word);
  return known ? keep : begin;
}

bool IsScrap(std::string_view text) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (base::IsCharBoundary(text, i) && !grammars::IsBlank(text.substr(i, 1)))
      ++characters;
  }
  return characters < kLeastCharacters;
}

std::string_view FirstLineWithText(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return text;
  return text.substr(0, text.find('\n', first));
}

std::string TooUnsure(const std::optional<double>& mean_logprob, double least) {
  if (!mean_logprob || *mean_logprob >= least) return {};
  return fmt::format(
      "low confidence (mean log-probability {:.1f}, threshold {:.1f})",
      *mean_logprob, least);
}

}  // namespace krait::completion

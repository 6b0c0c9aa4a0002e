// SPDX-License-Identifier: Apache-2.0
#include "engine/run/draft_source.h"

#include <algorithm>

namespace krait::engine {
namespace {

// Returns how many tokens before `end` are those at the end of all.
size_t MatchBefore(std::span<const TokenId> tokens, size_t end) {
  const size_t most = std::min(end, DraftSource::kMostMatch);
  size_t match = 0;
  while (match < most &&
         tokens[end - 1 - match] == tokens[tokens.size() - 1 - match]) {
    ++match;
  }
  return match;
}

}  // namespace

DraftGuess DraftSource::Guess(size_t most) const {
  DraftGuess best;
  for (size_t end = tokens_.size(); end-- > 1;) {
    if (tokens_[end - 1] != tokens_.back()) continue;
    const size_t match = MatchBefore(tokens_, end);
    if (match < kLeastMatch || match <= best.match) continue;
    best = {
        .tokens = {tokens_.data() + end, std::min(most, tokens_.size() - end)},
        .match = match};
    if (match == kMostMatch) break;
  }
  return best;
}

}  // namespace krait::engine

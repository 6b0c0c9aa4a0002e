// SPDX-License-Identifier: Apache-2.0
#include "engine/run/drafter.h"

#include <algorithm>

namespace krait::engine {

void Drafter::Say(TokenId token) {
  source_.Append(token);
  if (missed_ || right_ == guess_.size()) return;
  if (guess_[right_] == token) {
    ++right_;
  } else {
    missed_ = true;
  }
}

std::span<const TokenId> Drafter::Draft(DraftLength& length, size_t most) {
  Learn(length);
  const DraftGuess guess =
      source_.Guess(std::min(most, DraftLength::kMostTokens));
  const size_t fed =
      length.Choose(guess.match, guess.tokens.size(), guess.elsewhere);
  // Of one that is not fed the next token is all that will be known.
  const size_t known = std::min(std::max<size_t>(fed, 1), guess.tokens.size());
  guess_.assign(guess.tokens.begin(),
                guess.tokens.begin() + static_cast<ptrdiff_t>(known));
  match_ = guess.match;
  elsewhere_ = guess.elsewhere;
  return guess.tokens.first(fed);
}

void Drafter::Learn(DraftLength& length) {
  if (!guess_.empty()) length.Guessed(match_, right_, missed_, elsewhere_);
  guess_.clear();
  right_ = 0;
  missed_ = false;
}

}  // namespace krait::engine

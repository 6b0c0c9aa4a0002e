// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_DRAFT_SOURCE_H_
#define KRAIT_ENGINE_RUN_DRAFT_SOURCE_H_

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "engine/file/token.h"

namespace krait::engine {

// Tokens that may come next, and how many tokens before them are as they were
// where they stood.
struct DraftGuess {
  std::span<const TokenId> tokens = {};
  size_t match = 0;
};

// Guesses what a generation says next: what followed the same tokens in its
// prompt, or in what it has said ("Inference with Reference", Yang et al. 2023,
// section 3). Who edits the same thing in many places has said it before.
// Thread-compatible.
class DraftSource {
 public:
  // Fewer tokens than this say too little.
  static constexpr size_t kLeastMatch = 2;
  // Longer matches say no more.
  static constexpr size_t kMostMatch = 16;

  DraftSource() = default;
  explicit DraftSource(std::vector<TokenId> prompt)
      : tokens_(std::move(prompt)) {}

  // What was said.
  void Append(TokenId token) { tokens_.push_back(token); }

  // Returns at most `most` tokens: those behind the longest match of the last
  // tokens, of several the nearest. Takes time by the tokens that are there.
  // Good until the next Append.
  DraftGuess Guess(size_t most) const;

 private:
  std::vector<TokenId> tokens_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_DRAFT_SOURCE_H_

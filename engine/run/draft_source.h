// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_DRAFT_SOURCE_H_
#define KRAIT_ENGINE_RUN_DRAFT_SOURCE_H_

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "engine/file/token.h"
#include "engine/memory/text_collection.h"

namespace krait::engine {

// Tokens that may come next, how many tokens before them are as they were where
// they stood, and whether that was in the collection.
struct DraftGuess {
  std::span<const TokenId> tokens = {};
  size_t match = 0;
  bool elsewhere = false;
};

// Guesses what a generation says next: what followed the same tokens in its
// prompt, in what it has said ("Inference with Reference", Yang et al. 2023,
// section 3), or in a collection of texts. Who edits the same thing in many
// places has said it before, or somebody else has. Thread-compatible.
class DraftSource {
 public:
  // Fewer tokens than this say too little.
  static constexpr size_t kLeastMatch = 2;
  // Longer matches say no more.
  static constexpr size_t kMostMatch = 16;
  // So many places of the collection are looked at for a guess.
  static constexpr size_t kMostPlaces = 32;

  DraftSource() = default;
  // `collection`: TextCollection::Tokens::kOfTexts, unless lines are
  // independent.
  explicit DraftSource(std::vector<TokenId> prompt,
                       RememberedCollection collection = {})
      : tokens_(std::move(prompt)), collection_(std::move(collection)) {}

  // What was said.
  void Append(TokenId token) { tokens_.push_back(token); }

  // Returns at most `most` tokens: those behind the longest match of the last
  // tokens; of several the nearest, those of the collection last. There a match
  // is one of plain forms, and of several places those count that go on as most
  // of them do, token by token. Takes time by the tokens that were said, and by
  // the logarithm of the collection's. Good until the next Append.
  DraftGuess Guess(size_t most) const;

 private:
  DraftGuess GuessFromSaid(size_t most) const;
  // By a match of more than `match` tokens.
  DraftGuess GuessFromCollection(size_t most, size_t match) const;
  // Returns what follows places of ranges[length - 1] that count, by where they
  // are; none that are in the range of one more token, too. Looks at `room`
  // places at most, and takes them off it.
  std::vector<std::span<const TokenId>> Continuations(
      std::span<const TextCollection::Range> ranges, size_t length, size_t most,
      size_t* room) const;

  std::vector<TokenId> tokens_;
  RememberedCollection collection_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_DRAFT_SOURCE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_DRAFTER_H_
#define KRAIT_ENGINE_RUN_DRAFTER_H_

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "engine/file/token.h"
#include "engine/run/draft_length.h"
#include "engine/run/draft_source.h"

namespace krait::engine {

// The drafts of one generation: what is fed with a token that was chosen, and
// what became of it. Who generates says each token that was chosen, fed or
// taken from a draft, and before the next batch asks for a draft. Nothing that
// is generated depends on drafts. Thread-compatible.
class Drafter {
 public:
  Drafter() = default;
  // As of DraftSource.
  explicit Drafter(std::vector<TokenId> prompt,
                   RememberedCollection collection = {})
      : source_(std::move(prompt), std::move(collection)) {}

  // `token` was chosen.
  void Say(TokenId token);

  // Returns what is to be fed with the token that was said last, `most` tokens
  // at most: empty if nothing can be guessed, or if it would not pay. `length`
  // learns what became of the guess before. Good until the next Say.
  std::span<const TokenId> Draft(DraftLength& length, size_t most);

 private:
  // Tells `length` of the guess, and forgets it.
  void Learn(DraftLength& length);

  DraftSource source_;
  std::vector<TokenId> guess_;  // whether it was fed or not
  size_t match_ = 0;            // by which it was made
  bool elsewhere_ = false;      // where that is
  size_t right_ = 0;            // its tokens that came true
  bool missed_ = false;         // and the next one did not
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_DRAFTER_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_DRAFT_LENGTH_H_
#define KRAIT_ENGINE_RUN_DRAFT_LENGTH_H_

#include <array>
#include <chrono>
#include <cstddef>

namespace krait::engine {

// Decides how many guessed tokens are fed to the model with one that is
// certain, so that a token of the result takes the least time: by how often
// guesses were right, and by what a batch of so many tokens was seen to cost.
// Where the weights come from memory a batch of four costs hardly more than
// one; where they lie in a cache it costs nearly four, and nothing is guessed.
// Thread-compatible.
class DraftLength {
 public:
  using Seconds = std::chrono::duration<double>;
  // A batch has 1, 2, 4 or 8 tokens: what four cost is soon known.
  static constexpr size_t kMostTokens = 7;

  // Returns how many of `guessed` tokens, by a match of `match` in what was
  // said or elsewhere, to feed.
  size_t Choose(size_t match, size_t guessed, bool elsewhere = false);

  // Of such a guess, fed or not, the first `right` tokens came true and, if
  // `missed`, the next one did not.
  void Guessed(size_t match, size_t right, bool missed, bool elsewhere = false);
  // A batch of one sequence's `tokens`, the certain one included, took that
  // long. A batch of a guess leaves a recurrence to be brought up to date by
  // the next one: so one with a guess counts behind another such one, and one
  // without behind one without.
  void Took(size_t tokens, Seconds time);

 private:
  static constexpr size_t kSizes = 4;    // of batches, by their logarithm
  static constexpr size_t kMatches = 4;  // ranges of a match's length

  // What is known of a guess by a match of some length.
  struct Share {
    double right = 1;
    double all = 2;
  };
  struct Cost {
    Seconds time{};            // 0: not known, or long ago
    size_t choices_since = 0;  // choices since it was measured
  };

  Share& ShareOf(size_t match, bool elsewhere);
  Seconds TimeOf(size_t size) const;

  std::array<Share, 2 * kMatches> shares_;  // said, then elsewhere
  std::array<Cost, kSizes> costs_;
  bool had_guess_ = false;  // the last batch
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_DRAFT_LENGTH_H_

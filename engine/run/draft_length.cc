// SPDX-License-Identifier: Apache-2.0
#include "engine/run/draft_length.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace krait::engine {
namespace {

// What was seen before so many tokens hardly counts.
constexpr double kMemory = 0.95;
// A new time's share of what a batch is said to take: of one that is shorter
// than was known, and of one that is longer, be it for a program that ran
// beside it.
constexpr double kShorterTime = 0.5;
constexpr double kLongerTime = 0.05;
// After so many choices without it a size is tried again; a token alone, which
// all others are compared with, sooner.
constexpr size_t kForgetAfter = 2000;
constexpr size_t kCompareAfter = 50;
// What guessing has to gain at least.
constexpr double kLeastGain = 1.25;

size_t Logarithm(size_t tokens) {
  return static_cast<size_t>(std::bit_width(tokens)) - 1;
}

}  // namespace

// Matches of 2 and 3, up to 5, up to 9, and longer ones.
DraftLength::Share& DraftLength::ShareOf(size_t match, bool elsewhere) {
  const size_t range = match < 4 ? 0 : match < 6 ? 1 : match < 10 ? 2 : 3;
  return shares_[range + (elsewhere ? kMatches : 0)];
}

// One that is not known is said to take as long as a smaller one, so that it is
// tried where it may pay.
DraftLength::Seconds DraftLength::TimeOf(size_t size) const {
  while (size > 0 && costs_[size].time.count() == 0) --size;
  return costs_[size].time;
}

size_t DraftLength::Choose(size_t match, size_t guessed, bool elsewhere) {
  for (Cost& cost : costs_) ++cost.choices_since;
  if (costs_[0].time.count() == 0 || costs_[0].choices_since > kCompareAfter) {
    return 0;
  }
  for (size_t size = 1; size < kSizes; ++size) {
    if (costs_[size].choices_since > kForgetAfter) costs_[size] = {};
  }
  const Share& share = ShareOf(match, elsewhere);
  const double right = share.right / share.all;
  double best_speed = kLeastGain / TimeOf(0).count();
  size_t best = 0;
  double expected = 0;  // tokens of the result
  double likely = 1;    // that all before were right
  for (size_t size = 0, tokens = 0; size < kSizes; ++size) {
    const size_t batch = size_t{1} << size;
    if (batch > guessed + 1) break;
    for (; tokens < batch; ++tokens, likely *= right) expected += likely;
    const double speed = expected / TimeOf(size).count();
    if (size > 0 && speed > best_speed) {
      best_speed = speed;
      best = size;
    }
  }
  return (size_t{1} << best) - 1;
}

void DraftLength::Guessed(size_t match, size_t right, bool missed,
                          bool elsewhere) {
  Share& share = ShareOf(match, elsewhere);
  for (size_t i = 0; i < right + (missed ? 1 : 0); ++i) {
    share.right = kMemory * share.right + (i < right ? 1 : 0);
    share.all = kMemory * share.all + 1;
  }
}

void DraftLength::Took(size_t tokens, Seconds time) {
  const bool has_guess = tokens > 1;
  if (std::exchange(had_guess_, has_guess) != has_guess) return;
  if (!std::has_single_bit(tokens)) return;
  const size_t size = Logarithm(tokens);
  if (size >= kSizes) return;
  Cost& cost = costs_[size];
  const double share = cost.time.count() == 0 ? 1
                       : time < cost.time     ? kShorterTime
                                              : kLongerTime;
  cost.time += share * (time - cost.time);
  cost.choices_since = 0;
}

}  // namespace krait::engine

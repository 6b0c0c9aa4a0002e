// SPDX-License-Identifier: Apache-2.0
// How sure a model must be of what is shown of its answer.
#ifndef KRAIT_DAEMON_COMPLETION_RULES_CONFIDENCE_H_
#define KRAIT_DAEMON_COMPLETION_RULES_CONFIDENCE_H_

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/completion/generator/model_hints.h"
#include "daemon/completion/generator/piece.h"

namespace krait::completion {

// A confidence that every completion has.
inline constexpr double kShowAll = -std::numeric_limits<double>::infinity();

// A piece of what a model said, and the logarithm of its probability.
struct SaidToken {
  PieceId id = 0;
  std::string bytes;
  float logprob = 0;
};

// What a completion has to pass. Confidences are natural logarithms of
// probabilities: of a token, or their mean over the tokens of a text.
struct ConfidenceGate {
  double line = kShowAll;   // the least mean of a text on one line,
  double block = kShowAll;  // and of one on several
  double token = kShowAll;  // a text ends before a token that is less sure
  // The beginning is shown, however unsure: who asks wants to see something.
  bool always_something = false;
  // A letter or two, or a lone bracket, are not worth the eye's attention.
  bool hides_scraps = false;

  double LeastMean(bool several_lines) const {
    return several_lines ? block : line;
  }
};

// Who asks, and what the user has set.
struct ConfidenceWish {
  // What the user wants instead of the model's thresholds for lines and blocks;
  // kShowAll: whatever the model says is shown, to its end.
  std::optional<double> min_confidence;
  bool invoked = false;  // by hand: shows more
};

ConfidenceGate MakeGate(const ConfidenceWish& wish,
                        const ConfidenceThresholds& model);

// Returns how much of `said`, whose first `keep` bytes are sure, to show behind
// `before`: not the part of an identifier that would go on in what is not sure,
// unless it is a whole word elsewhere in `before` or `after`.
size_t EndAtWord(std::string_view said, size_t keep, std::string_view before,
                 std::string_view after);

// Whether a text says too little to be shown unasked.
bool IsScrap(std::string_view text);

// Returns `text` up to the end of its first line that is not blank.
std::string_view FirstLineWithText(std::string_view text);

// Says why a text of this mean is not sure enough; empty: it is.
std::string TooUnsure(const std::optional<double>& mean_logprob, double least);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_RULES_CONFIDENCE_H_

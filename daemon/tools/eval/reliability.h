// SPDX-License-Identifier: Apache-2.0
// How much a model's confidence in a completion says of the completion: what
// the default of CompletionOptions::min_confidence was chosen by.
#ifndef KRAIT_DAEMON_TOOLS_EVAL_RELIABILITY_H_
#define KRAIT_DAEMON_TOOLS_EVAL_RELIABILITY_H_

#include <cstddef>
#include <vector>

namespace krait::daemon {

// A completion that was shown.
struct RatedAnswer {
  double mean_logprob = 0;
  bool exact = false;
  double similarity = 0;
};

// The answers whose mean log-probability is at least `threshold` and below
// that of the row before, and all down to here: those that would be shown with
// this threshold.
struct ReliabilityRow {
  double threshold = 0;
  size_t answers = 0;
  double exact = 0;       // share
  double similarity = 0;  // mean
  size_t shown = 0;
  size_t shown_exact = 0;
  double shown_similarity = 0;  // mean
};

// Returns a row for each of the usual thresholds, the highest first, and one
// for the rest; shares and means of nothing are 0.
std::vector<ReliabilityRow> Reliability(
    const std::vector<RatedAnswer>& answers);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_RELIABILITY_H_

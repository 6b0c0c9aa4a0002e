// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/reliability.h"

#include <array>
#include <limits>

namespace krait::daemon {
namespace {

constexpr std::array<double, 15> kThresholds = {
    -0.1, -0.2, -0.3, -0.4, -0.6,
    -0.8, -1.0, -1.2, -1.4, -1.6,
    -1.8, -2.0, -2.5, -3.0, -std::numeric_limits<double>::infinity()};

double Share(double sum, size_t count) {
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace

std::vector<ReliabilityRow> Reliability(
    const std::vector<RatedAnswer>& answers) {
  std::vector<ReliabilityRow> rows;
  double above = std::numeric_limits<double>::infinity();
  size_t shown = 0;
  size_t shown_exact = 0;
  double shown_similarity = 0;
  for (const double threshold : kThresholds) {
    size_t count = 0;
    size_t exact = 0;
    double similarity = 0;
    for (const RatedAnswer& answer : answers) {
      if (answer.mean_logprob < threshold || answer.mean_logprob >= above) {
        continue;
      }
      ++count;
      exact += answer.exact ? 1 : 0;
      similarity += answer.similarity;
    }
    shown += count;
    shown_exact += exact;
    shown_similarity += similarity;
    rows.push_back({.threshold = threshold,
                    .answers = count,
                    .exact = Share(static_cast<double>(exact), count),
                    .similarity = Share(similarity, count),
                    .shown = shown,
                    .shown_exact = shown_exact,
                    .shown_similarity = Share(shown_similarity, shown)});
    above = threshold;
  }
  return rows;
}

}  // namespace krait::daemon

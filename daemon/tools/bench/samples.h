// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_SAMPLES_H_
#define KRAIT_DAEMON_TOOLS_BENCH_SAMPLES_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace krait::daemon {

struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

// `samples` must not be empty. The median of an even number is the mean of the
// middle two.
inline Spread SpreadOf(std::vector<double> samples) {
  std::ranges::sort(samples);
  const size_t n = samples.size();
  return {.median = (samples[(n - 1) / 2] + samples[n / 2]) / 2,
          .min = samples.front(),
          .max = samples.back()};
}

// Returns the value below which the share `q` (0 to 1) of the samples lies, on
// a straight line between the two nearest; q = 0.5 is SpreadOf's median.
// `samples` must not be empty.
inline double Quantile(std::vector<double> samples, double q) {
  std::ranges::sort(samples);
  const double place = q * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<size_t>(std::floor(place));
  const size_t above = std::min(below + 1, samples.size() - 1);
  const double share = place - std::floor(place);
  return samples[below] + share * (samples[above] - samples[below]);
}

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_SAMPLES_H_

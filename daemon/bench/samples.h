// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_BENCH_SAMPLES_H_
#define KRAIT_DAEMON_BENCH_SAMPLES_H_

#include <algorithm>
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

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_BENCH_SAMPLES_H_

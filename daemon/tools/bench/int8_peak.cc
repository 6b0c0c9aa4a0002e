// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/int8_peak.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "simd/int8_peak.h"

namespace krait::daemon {

double MeasureInt8Peak(engine::WorkerPool& pool) {
  constexpr int kTries = 5;
  constexpr size_t kRounds = 20000;  // 10 to 50 ms
  double best = 0;
  for (int i = 0; i < kTries; ++i) {
    std::atomic<size_t> products{0};
    const auto start = std::chrono::steady_clock::now();
    pool.ForRanges(pool.size(), 1, [&](size_t, size_t, size_t) {
      products += simd::MultiplyInt8(kRounds);
    });
    const std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - start;
    best = std::max(best, 2 * static_cast<double>(products) / seconds.count());
  }
  return best;
}

}  // namespace krait::daemon

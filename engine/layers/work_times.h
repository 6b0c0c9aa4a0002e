// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_WORK_TIMES_H_
#define KRAIT_ENGINE_LAYERS_WORK_TIMES_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace krait::engine {

// What forward calls do, but for a rest: products with weight matrices; queries
// against keys and values; a recurrence with its convolution.
enum class Work : uint8_t { kProducts, kAttention, kRecurrence };
inline constexpr size_t kWorkKinds = 3;

// How long each took the thread that calls. Thread-compatible.
class WorkTimes {
 public:
  using Clock = std::chrono::steady_clock;

  // Counts run() to `work`, but for what it counts itself.
  template <class Run>
  void Count(Work work, const Run& run) {
    const Clock::duration before = inner_;
    inner_ = {};
    const Clock::time_point start = Clock::now();
    run();
    const Clock::duration took = Clock::now() - start;
    times_[static_cast<size_t>(work)] += took - inner_;
    inner_ = before + took;
  }

  Clock::duration of(Work work) const {
    return times_[static_cast<size_t>(work)];
  }

 private:
  std::array<Clock::duration, kWorkKinds> times_ = {};
  Clock::duration inner_ = {};  // counted within the call under way
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_WORK_TIMES_H_

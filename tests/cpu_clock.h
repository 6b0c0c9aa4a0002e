// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_CPU_CLOCK_H_
#define KRAIT_TESTS_CPU_CLOCK_H_

#include <chrono>
#include <cstdint>
#include <ctime>
#include <ratio>

namespace krait {

// The time that the process computed, all threads together: for tests of how
// work grows, which other programs on the machine must not make fail.
struct CpuClock {
  using rep = int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<CpuClock>;
  static constexpr bool is_steady = true;

  static time_point now() {
    timespec time = {};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time_point(std::chrono::seconds(time.tv_sec) +
                      std::chrono::nanoseconds(time.tv_nsec));
  }
};

}  // namespace krait

#endif  // KRAIT_TESTS_CPU_CLOCK_H_

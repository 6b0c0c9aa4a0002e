// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_THREADS_THREAD_CHOICE_H_
#define KRAIT_ENGINE_THREADS_THREAD_CHOICE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "engine/threads/cpu_quota.h"

namespace krait::engine {

// How many workers PlanThreads plans.
struct ThreadChoice {
  size_t threads = 1;
  std::string why;  // for `krait doctor`: "one per core"
};

// For `wanted` threads; 0: one per core, as PlanThreads(0) has it, and no more
// than `cpu_quota` rounded up.
ThreadChoice ChooseThreads(size_t wanted,
                           std::optional<double> cpu_quota = CpuQuota());

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_THREADS_THREAD_CHOICE_H_

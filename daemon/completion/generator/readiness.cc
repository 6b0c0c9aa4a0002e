// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/generator/readiness.h"

#include <memory>
#include <semaphore>

namespace krait::completion {

bool AllWait(std::span<RunningGeneration* const> generations) {
  bool any_waits = false;
  for (const RunningGeneration* const generation : generations) {
    if (generation->outcome()) continue;
    if (generation->ready()) return false;
    any_waits = true;
  }
  return any_waits;
}

void RestWhileAllWait(std::span<RunningGeneration* const> generations) {
  if (!AllWait(generations)) return;
  // The others may call it long after the first has.
  const auto ready = std::make_shared<std::counting_semaphore<>>(0);
  for (RunningGeneration* const generation : generations) {
    if (generation->outcome()) continue;
    generation->WhenReady([ready] { ready->release(); });
  }
  ready->acquire();
}

}  // namespace krait::completion

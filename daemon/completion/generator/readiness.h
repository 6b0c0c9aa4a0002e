// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_READINESS_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_READINESS_H_

#include <span>

#include "daemon/completion/generator/generator.h"

namespace krait::completion {

// Returns whether all of these that have not ended wait for an answer from
// elsewhere, so that an Advance would do nothing; false if all have ended.
bool AllWait(std::span<RunningGeneration* const> generations);

// Lets the thread rest while they do.
void RestWhileAllWait(std::span<RunningGeneration* const> generations);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_READINESS_H_

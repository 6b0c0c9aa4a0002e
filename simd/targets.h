// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_TARGETS_H_
#define KRAIT_SIMD_TARGETS_H_

#include <string>
#include <vector>

namespace krait::simd {

// Returns the name of the instruction set that the kernels run on now, for
// example "AVX3_ZEN4": a target of Highway's or a variant of quant/vnni.h.
std::string CurrentTarget();

// Returns the compiled-in targets that this CPU can run, best first.
std::vector<std::string> SupportedTargets();

// Restricts dispatch to `name` (one of SupportedTargets()); an empty name
// undoes it. Returns false if there is no such target. Not thread-safe: for
// benchmarks and tests, before any kernel runs.
bool ForceTarget(const std::string& name);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_TARGETS_H_

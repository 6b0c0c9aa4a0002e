// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_THREADS_CPU_QUOTA_H_
#define KRAIT_ENGINE_THREADS_CPU_QUOTA_H_

#include <filesystem>
#include <optional>

namespace krait::engine {

// Returns how many CPUs' time the control groups of this process allow it, the
// least of its group and those above; nullopt if there is no limit. Versions 1
// (cpu.cfs_quota_us) and 2 (cpu.max), wherever they are mounted, and as a
// container sees them. `process` is /proc/self; tests make their own.
//
// Threads beyond that do not make a model faster but slower, many times: the
// group's share of a period is used up at its beginning, and then all wait.
std::optional<double> CpuQuota(
    const std::filesystem::path& process = "/proc/self");

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_THREADS_CPU_QUOTA_H_

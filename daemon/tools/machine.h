// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_MACHINE_H_
#define KRAIT_DAEMON_TOOLS_MACHINE_H_

#include <cstddef>
#include <optional>
#include <string>

namespace krait::daemon {

// What /proc and /sys say about the machine; absent where they do not.

std::string CpuName();

struct Memory {
  size_t total_bytes = 0;
  size_t available_bytes = 0;
};
std::optional<Memory> MemoryOfMachine();

std::string KernelName();

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_MACHINE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MEMORY_LIMIT_H_
#define KRAIT_DAEMON_MEMORY_LIMIT_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "base/memory_budget.h"

namespace krait::daemon {

// How much memory this process may use, and who says so.
struct MemoryLimit {
  size_t bytes = 0;
  std::string set_by;  // "the machine", "its control group", "ulimit -v"
};

// Where limits are looked up.
struct MemoryEnvironment {
  size_t machine_bytes = 0;
  size_t address_space_bytes = 0;    // RLIMIT_AS; 0: no limit
  size_t data_bytes = 0;             // RLIMIT_DATA; 0: no limit
  std::filesystem::path root = "/";  // what /proc and /sys are in

  static MemoryEnvironment OfProcess();
};

// Returns the lowest of all limits: the machine's memory, what the process was
// started with, and memory.max and memory.high (memory.limit_in_bytes in
// version 1) of its control group and of all groups around that.
MemoryLimit FindMemoryLimit(const MemoryEnvironment& environment);

// Returns what warm states may take by default: an eighth of the limit, at most
// 1 GiB. As much again goes to what a model computes with, to the texts and
// trees of open documents, and to the heap's own losses.
size_t StateBytesFor(const MemoryLimit& limit);

// Both for this process, as it was when they were first asked for.
const MemoryLimit& ProcessMemoryLimit();
size_t DefaultStateBytes();

// Returns what states, syntax trees and texts may take together if the states
// may take `state_bytes`: an eighth more, at least 16 MiB more, and never more
// than half of the limit.
size_t SharedBytesFor(size_t state_bytes, const MemoryLimit& limit);

// Returns a budget of that for this process.
std::shared_ptr<base::MemoryBudget> ProcessMemoryBudget(size_t state_bytes);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_MEMORY_LIMIT_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_DEBUG_MEMORY_H_
#define KRAIT_DAEMON_COMMANDS_DEBUG_MEMORY_H_

#include <cstddef>
#include <string>

#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait debug memory`: what a model's weights for the memory of open files are
// fitted to, see MemoryRows.
struct DebugMemoryArguments {
  std::string cases;
  size_t limit = 0;        // 0: all
  size_t open_files = 0;   // beside the case's own, from the cases' files
  std::string repository;  // of the cases; empty: none
  ModelOptions model;
};

int RunDebugMemory(const DebugMemoryArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_DEBUG_MEMORY_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODEL_MEMORY_H_
#define KRAIT_DAEMON_MODEL_MEMORY_H_

#include <cstdint>
#include <string>

#include "base/result.h"
#include "daemon/memory_limit.h"
#include "engine/model/model_file.h"

namespace krait::daemon {

// What running a model takes in memory: its file, which is mapped, and what a
// completion remembers and computes with. Warm states are not in it: they have
// what is left (StateBytesFor).
struct ModelMemory {
  uint64_t file_bytes = 0;   // weights
  uint64_t own_bytes = 0;    // all but the file
  size_t state_tokens = 0;   // that a completion is reckoned with; 0: unknown
  uint64_t state_bytes = 0;  // of own_bytes: what it remembers of these

  uint64_t needed() const { return file_bytes + own_bytes; }
};

// Of a model whose size alone is known, as one that is not here yet: an eighth
// of it besides, at least 128 MiB.
ModelMemory EstimateMemory(uint64_t file_bytes);

// By the model's tensors and its shape, with a sequence as long as completions
// are, or the model's context, if that is shorter.
ModelMemory MemoryOf(const engine::ModelFile& file);

// Fails, with figures, if a model that messages call `name` does not fit into
// what may be used. (Of `ulimit -d` only what is not mapped counts.)
base::Status CheckFitsMemory(
    const std::string& name, const ModelMemory& memory,
    const MemoryEnvironment& environment = MemoryEnvironment::OfProcess());

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_MODEL_MEMORY_H_

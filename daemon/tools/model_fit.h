// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_MODEL_FIT_H_
#define KRAIT_DAEMON_TOOLS_MODEL_FIT_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace krait::daemon {

// Whether a model suits this machine, before it is loaded.

// Returns what running a model takes in memory: its file, and an eighth for
// what it computes with and remembers, at least 128 MiB.
uint64_t NeededMemory(uint64_t model_bytes);

// Returns what a process may use: the machine's memory, or what its control
// group or limits allow.
uint64_t MemoryForModels();

// Fails, with figures, if the model does not fit.
base::Status CheckFitsMemory(const std::string& name, uint64_t model_bytes);

// Returns how many bytes of its weights a model reads for each token: all but
// the rows of the embedding, and of experts those that are chosen.
std::optional<uint64_t> BytesPerToken(const std::filesystem::path& model);

// Measures how fast memory is read here, in bytes per second, with all threads;
// half a second. Once in a process.
double MeasuredBandwidth();

// Returns how many tokens per second a model can write at most if it reads so
// many bytes for each: by the measured bandwidth. nullopt if these stay in the
// processor's cache, whose bandwidth is another.
std::optional<double> PredictedSpeed(uint64_t bytes_per_token);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_MODEL_FIT_H_

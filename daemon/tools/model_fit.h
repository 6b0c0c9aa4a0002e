// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_MODEL_FIT_H_
#define KRAIT_DAEMON_TOOLS_MODEL_FIT_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace krait::daemon {

// How fast a model can be on this machine, before it is loaded. Whether it fits
// says daemon/model_memory.h.

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

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_RANDOM_MODEL_H_
#define KRAIT_DAEMON_TOOLS_BENCH_RANDOM_MODEL_H_

#include <cstddef>
#include <filesystem>
#include <functional>

#include "base/result.h"
#include "daemon/tools/bench/random_shape.h"
#include "engine/file/tensor.h"

namespace krait::daemon {

// Writes a GGUF file with random weights of a shape, matrices of type `type`
// (or what stands in for it, see quantised_types.h), and a synthetic
// SentencePiece vocabulary, as other engines load it too. Always the same file
// for the same arguments. `on_progress` is told the bytes written and those of
// the whole.
base::Status WriteRandomModel(
    const RandomShape& shape, engine::TensorType type,
    const std::filesystem::path& path,
    const std::function<void(size_t done, size_t total)>& on_progress);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_RANDOM_MODEL_H_

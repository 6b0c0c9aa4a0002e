// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_QUANTISE_QUANTISE_MODEL_H_
#define KRAIT_ENGINE_QUANTISE_QUANTISE_MODEL_H_

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>

#include "engine/error.h"
#include "engine/file/tensor.h"
#include "engine/threads/worker_pool.h"

namespace krait::engine {

struct QuantiseOptions {
  TensorType type = TensorType::kQ8_0;  // one that CanEncode()
  // Told the bytes written and those of the whole.
  std::function<void(size_t done, size_t total)> on_progress;
  std::stop_token stop;
};

struct QuantisedModel {
  std::map<TensorType, size_t> tensors;  // how many are of which type now
  size_t bytes = 0;                      // of the data
  // Root mean square of what the weights that were rounded are off by, divided
  // by their own root mean square.
  double relative_error = 0;
};

// Writes the GGUF model `in` (a file, or any part of a split one) to the file
// `out` with its large matrices in another format: the metadata and everything
// that is small or sensitive (norms, biases, convolutions, the states' decays)
// stay as they are, the output head is as quantised_types.h says. `out` is
// there when all of it is, or not at all. Fails with kInvalidArgument if `out`
// is one of the files that are read.
Result<QuantisedModel> QuantiseModel(const std::filesystem::path& in,
                                     const std::filesystem::path& out,
                                     const QuantiseOptions& options,
                                     WorkerPool& pool);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_QUANTISE_QUANTISE_MODEL_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_MODEL_VERIFY_H_
#define KRAIT_DAEMON_TOOLS_MODEL_VERIFY_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/model/model_file.h"
#include "engine/threads/worker_pool.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::daemon {

struct VerifiedModel {
  size_t tensors = 0;
  size_t parameters = 0;
  bool has_tokenizer = false;
  std::vector<std::string> warnings;  // see engine::Tokenizer::warnings
};

// Loads a model as for running it, reads every weight and runs its tokenizer.
// The error names the file and what is wrong with it.
base::Result<VerifiedModel> VerifyModel(const std::filesystem::path& path);

// The parts.

// Fails on the first tensor that holds a NaN or an infinity.
base::Status CheckWeightsFinite(const engine::ModelFile& file,
                                engine::WorkerPool& pool);

// Fails if the tokenizer does not give back what it was given.
base::Status CheckRoundTrip(const engine::Tokenizer& tokenizer,
                            const std::string& name);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_MODEL_VERIFY_H_

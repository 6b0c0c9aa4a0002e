// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_MODEL_SUMMARY_H_
#define KRAIT_DAEMON_HOST_LOCAL_MODEL_SUMMARY_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/model_memory.h"
#include "engine/model/hyperparameters.h"
#include "engine/model/model_file.h"

namespace krait::daemon {

// What a model file says about itself.
struct ModelSummary {
  std::string name;
  std::filesystem::path path;
  uintmax_t bytes = 0;
  std::string architecture;  // "mamba2", "llama"
  size_t parameters = 0;
  std::string quantisation;  // type of most of the weights: "Q8_0"
  std::string fim;           // "spm", "psm", "emulated": how it completes
  std::string licence;       // "unknown" if the file does not say
  std::string unsupported;   // what krait cannot run of it; empty: nothing
  ModelMemory memory;        // what running it takes
  engine::Hyperparameters hparams;
  // All metadata, in the file's order.
  std::vector<std::pair<std::string, std::string>> metadata;
};

// Opens the file, without touching the weights. kUnsupported: it is a model
// that krait cannot run.
base::Result<ModelSummary> Summarise(const std::filesystem::path& path);

// Returns a sentence about which models krait can run.
std::string SupportedModels();

// Returns the type of most of the weights: "Q8_0".
std::string MainTypeName(const std::vector<engine::Tensor>& tensors);

std::string_view ArchitectureName(engine::Architecture architecture);

// Returns "5.5 M", "7.29 B".
std::string ParametersText(size_t parameters);
// Returns "6.2 MiB", "4.1 GiB".
std::string BytesText(uintmax_t bytes);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_MODEL_SUMMARY_H_

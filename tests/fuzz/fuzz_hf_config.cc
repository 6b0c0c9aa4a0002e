// SPDX-License-Identifier: Apache-2.0
// Any text as config.json, params.json or the index of shards.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/model/hf_config.h"
#include "engine/model/hf_weights.h"
#include "engine/model/model_file.h"
#include "engine/model/model_tensors.h"

namespace {

// What passes the checks must have sizes that can be computed with.
void Check(const krait::base::Result<krait::engine::HfConfig>& config) {
  if (!config) return;
  const auto& hparams = config->hparams;
  if (!krait::engine::CheckHyperparameters(hparams, "fuzz.json")) return;
  for (const auto& spec : krait::engine::LayerTensors(hparams, 0)) {
    size_t elements = 1;
    for (const size_t dim : spec.shape) {
      if (dim == 0 || __builtin_mul_overflow(elements, dim, &elements)) {
        std::abort();
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(krait::engine::ParseHfConfig(text, "fuzz.json"));
  Check(krait::engine::ParseMistralParams(text, "fuzz.json"));
  const auto index = krait::engine::ParseWeightsIndex(text, "fuzz.json");
  if (!index) return 0;
  for (const auto& [tensor, shard] : *index) {
    if (shard.empty() || shard.find('/') != std::string::npos) std::abort();
  }
  return 0;
}

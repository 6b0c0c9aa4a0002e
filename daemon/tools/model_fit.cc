// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/model_fit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "daemon/loaded_model.h"  // StartPool
#include "daemon/memory_limit.h"
#include "daemon/models/size_text.h"
#include "daemon/tools/bench/bandwidth.h"
#include "engine/model/model_file.h"

namespace krait::daemon {
namespace {

// "blk.0.ffn_gate.7.weight" is one expert's.
bool IsOfExpert(const engine::Tensor& tensor) {
  for (const char* part : {"ffn_gate.", "ffn_up.", "ffn_down."}) {
    const size_t at = tensor.name.find(part);
    if (at == std::string::npos) continue;
    const size_t behind = at + std::string_view(part).size();
    return behind < tensor.name.size() && tensor.name[behind] >= '0' &&
           tensor.name[behind] <= '9';
  }
  return false;
}

}  // namespace

std::optional<uint64_t> BytesPerToken(const std::filesystem::path& model) {
  const auto file = engine::ModelFile::Open(model);
  if (!file) return std::nullopt;
  const engine::ExpertsShape& experts = (*file)->hyperparameters().experts;
  const bool has_output = (*file)->Find("output.weight") != nullptr;
  uint64_t bytes = 0;
  uint64_t of_experts = 0;
  for (const engine::Tensor& tensor : (*file)->tensors()) {
    if (has_output && tensor.name == "token_embd.weight") continue;
    (IsOfExpert(tensor) ? of_experts : bytes) += tensor.bytes;
  }
  if (experts.count > 0) bytes += of_experts / experts.count * experts.used;
  return bytes;
}

double MeasuredBandwidth() {
  static const double bandwidth = [] {
    const auto pool = StartPool(0);
    return MeasureBandwidth(*pool).bytes_per_second;
  }();
  return bandwidth;
}

std::optional<double> PredictedSpeed(uint64_t bytes_per_token) {
  const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
  if (bytes_per_token == 0 ||
      bytes_per_token <= static_cast<uint64_t>(std::max(cache, 0L))) {
    return std::nullopt;
  }
  return MeasuredBandwidth() / static_cast<double>(bytes_per_token);
}

}  // namespace krait::daemon

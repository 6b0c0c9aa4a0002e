// SPDX-License-Identifier: Apache-2.0
#include "daemon/model_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/models/size_text.h"
#include "engine/arch/memory_needs.h"

namespace krait::daemon {
namespace {

using models::SizeText;

// The program itself, with a vocabulary and the stacks of its threads: 25 to
// 70 MB, measured.
constexpr uint64_t kProgramBytes = uint64_t{64} << 20;
// A completion's prefix, suffix and answer, by the default settings
// (completion::WindowLimits).
constexpr size_t kTokens = 3072;

// Returns what `memory` consists of.
std::string Figures(const ModelMemory& memory) {
  const std::string weights = SizeText(memory.file_bytes) + " of weights";
  if (memory.own_bytes == 0) return weights;
  if (memory.state_tokens == 0) {
    return fmt::format("{} and some {} to run them", weights,
                       SizeText(memory.own_bytes));
  }
  return fmt::format("{}{} to remember {} tokens and {} to compute with",
                     memory.file_bytes == 0 ? "" : weights + ", ",
                     SizeText(memory.state_bytes), memory.state_tokens,
                     SizeText(memory.own_bytes - memory.state_bytes));
}

base::Error DoesNotFit(const std::string& name, const ModelMemory& memory,
                       const MemoryLimit& limit) {
  return base::MakeError(
      base::ErrorCode::kUnsupported,
      fmt::format("{}: does not fit into memory: it needs {} ({}), and {} "
                  "allows {}",
                  name, SizeText(memory.needed()), Figures(memory),
                  limit.set_by, SizeText(limit.bytes)));
}

}  // namespace

ModelMemory EstimateMemory(uint64_t file_bytes) {
  constexpr uint64_t kLeast = uint64_t{128} << 20;
  return {.file_bytes = file_bytes,
          .own_bytes = std::max(kLeast, file_bytes / 8)};
}

ModelMemory MemoryOf(const engine::ModelFile& file) {
  const engine::Hyperparameters& hparams = file.hyperparameters();
  uint64_t file_bytes = 0;
  for (const engine::Tensor& tensor : file.tensors()) {
    file_bytes += tensor.bytes;
  }
  const size_t tokens = hparams.context_length == 0
                            ? kTokens
                            : std::min(kTokens, hparams.context_length);
  const engine::MemoryNeeds needs = engine::MemoryNeedsOf(hparams, tokens);
  return {.file_bytes = file_bytes,
          .own_bytes = kProgramBytes + needs.state_bytes + needs.batch_bytes,
          .state_tokens = tokens,
          .state_bytes = needs.state_bytes};
}

base::Status CheckFitsMemory(const std::string& name, const ModelMemory& memory,
                             const MemoryEnvironment& environment) {
  MemoryEnvironment of_all = environment;
  of_all.data_bytes = 0;
  const MemoryLimit limit = FindMemoryLimit(of_all);
  if (memory.needed() > limit.bytes) {
    return DoesNotFit(name, memory, limit);
  }
  const size_t data = environment.data_bytes;
  if (data != 0 && memory.own_bytes > data) {
    ModelMemory unmapped = memory;
    unmapped.file_bytes = 0;
    return DoesNotFit(name, unmapped, {.bytes = data, .set_by = "ulimit -d"});
  }
  return {};
}

}  // namespace krait::daemon

// SPDX-License-Identifier: Apache-2.0
//
// The shapes of real models, from their config.json.
#include "daemon/tools/bench/random_shape.h"

#include <algorithm>
#include <array>

namespace krait::daemon {
namespace {

using engine::Architecture;

constexpr size_t kGranite350mAttention[] = {10, 13, 17, 27};
constexpr size_t kGranite1bAttention[] = {5, 15, 25, 35};

constexpr std::array kShapes = {
    RandomShape{.name = "codestral-mamba-7b",
                .vocab = 32768,
                .d_model = 4096,
                .layers = 64,
                .context_length = size_t{1} << 20,
                .state = 128,
                .groups = 8},
    RandomShape{.name = "falcon-h1-tiny-90m",
                .architecture = Architecture::kFalconH1,
                .vocab = 32768,
                .d_model = 512,
                .layers = 24,
                .context_length = 262144,
                .tied = true,
                .state = 64,
                .groups = 1,
                .d_inner = 768,
                .ssm_head_dim = 32,
                .heads = 8,
                .kv_heads = 2,
                .d_ff = 768},
    RandomShape{.name = "granite-4.0-350m",
                .architecture = Architecture::kGranite,
                .vocab = 100352,
                .d_model = 1024,
                .layers = 28,
                .context_length = 32768,
                .tied = true,
                .heads = 16,
                .kv_heads = 4,
                .d_ff = 2048},
    RandomShape{.name = "granite-4.0-h-1b",
                .architecture = Architecture::kGraniteHybrid,
                .vocab = 100352,
                .d_model = 1536,
                .layers = 40,
                .context_length = 131072,
                .tied = true,
                .state = 128,
                .groups = 1,
                .attention_layers = kGranite1bAttention,
                .heads = 12,
                .kv_heads = 4,
                .d_ff = 4096},
    RandomShape{.name = "granite-4.0-h-350m",
                .architecture = Architecture::kGraniteHybrid,
                .vocab = 100352,
                .d_model = 768,
                .layers = 32,
                .context_length = 32768,
                .tied = true,
                .state = 128,
                .groups = 1,
                .ssm_head_dim = 32,
                .attention_layers = kGranite350mAttention,
                .heads = 12,
                .kv_heads = 4,
                .d_ff = 2048},
    RandomShape{.name = "mamba-130m",
                .architecture = Architecture::kMamba1,
                .vocab = 50280,
                .d_model = 768,
                .layers = 24,
                .context_length = size_t{1} << 20,
                .tied = true,
                .state = 16},
    RandomShape{.name = "mamba-2.8b",
                .architecture = Architecture::kMamba1,
                .vocab = 50280,
                .d_model = 2560,
                .layers = 64,
                .context_length = size_t{1} << 20,
                .tied = true,
                .state = 16},
    RandomShape{.name = "mamba2-130m",
                .vocab = 50288,
                .d_model = 768,
                .layers = 24,
                .context_length = size_t{1} << 20,
                .tied = true,
                .state = 128,
                .groups = 1},
    RandomShape{.name = "mamba2-60m",
                .vocab = 16384,
                .d_model = 512,
                .layers = 24,
                .context_length = size_t{1} << 20,
                .tied = true,
                .state = 128,
                .groups = 1},
    RandomShape{.name = "mistral-7b",
                .architecture = Architecture::kLlama,
                .vocab = 32768,
                .d_model = 4096,
                .layers = 32,
                .context_length = 32768,
                .heads = 32,
                .kv_heads = 8,
                .d_ff = 14336},
    RandomShape{.name = "mixtral-8x7b",
                .architecture = Architecture::kLlama,
                .vocab = 32000,
                .d_model = 4096,
                .layers = 32,
                .context_length = 32768,
                .heads = 32,
                .kv_heads = 8,
                .d_ff = 14336,
                .experts = 8},
    RandomShape{.name = "qwen2.5-coder-0.5b",
                .architecture = Architecture::kQwen2,
                .vocab = 151936,
                .d_model = 896,
                .layers = 24,
                .context_length = 32768,
                .tied = true,
                .heads = 14,
                .kv_heads = 2,
                .d_ff = 4864},
    RandomShape{.name = "qwen2.5-coder-1.5b",
                .architecture = Architecture::kQwen2,
                .vocab = 151936,
                .d_model = 1536,
                .layers = 28,
                .context_length = 32768,
                .tied = true,
                .heads = 12,
                .kv_heads = 2,
                .d_ff = 8960},
    RandomShape{.name = "tinyllama-1.1b",
                .architecture = Architecture::kLlama,
                .vocab = 32000,
                .d_model = 2048,
                .layers = 22,
                .context_length = 32768,
                .heads = 32,
                .kv_heads = 4,
                .d_ff = 5632},
};

}  // namespace

std::span<const RandomShape> RandomShapes() {
  return kShapes;
}

std::string RandomShapeNames() {
  std::string names;
  for (const RandomShape& shape : kShapes) {
    names += names.empty() ? "" : ", ";
    names += shape.name;
  }
  return names;
}

const RandomShape* FindRandomShape(std::string_view name) {
  const auto* found = std::ranges::find(kShapes, name, &RandomShape::name);
  return found == kShapes.end() ? nullptr : found;
}

}  // namespace krait::daemon

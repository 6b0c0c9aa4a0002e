// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_RANDOM_SHAPE_H_
#define KRAIT_DAEMON_TOOLS_BENCH_RANDOM_SHAPE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "engine/model/hyperparameters.h"

namespace krait::daemon {

// A model's shape without its weights: speed does not depend on their values,
// so a benchmark can do with random ones.
struct RandomShape {
  std::string_view name;
  engine::Architecture architecture = engine::Architecture::kMamba2;
  size_t vocab = 0;
  size_t d_model = 0;
  size_t layers = 0;
  size_t context_length = 0;
  bool tied = false;  // the embedding serves as output head
  // Mamba-1 and Mamba-2; heads are Mamba-2's.
  size_t state = 0;
  size_t groups = 0;
  size_t d_inner = 0;  // 0: 2 * d_model
  size_t ssm_head_dim = 64;
  // Of a hybrid, the layers that attend; the others have Mamba-2. Those of
  // Falcon-H1 have both.
  std::span<const size_t> attention_layers = {};
  // Attention and feed-forward.
  size_t heads = 0;
  size_t kv_heads = 0;
  size_t d_ff = 0;
  size_t experts = 0;  // two of which a token uses; 0: one feed-forward
};

std::span<const RandomShape> RandomShapes();
// Returns "codestral-mamba-7b, ...".
std::string RandomShapeNames();
const RandomShape* FindRandomShape(std::string_view name);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_RANDOM_SHAPE_H_

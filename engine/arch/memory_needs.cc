// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/memory_needs.h"

#include <algorithm>

#include "engine/arch/model.h"  // kMaxBatch
#include "engine/state/recurrent_layout.h"
#include "engine/state/state.h"  // kBlockTokens

namespace krait::engine {
namespace {

// Snapshots of a prompt and of what goes on from it, and the inputs since the
// last grid point of each, which a batch may go beyond.
size_t RecurrentFloats(const Hyperparameters& hparams) {
  if (!hparams.IsRecurrent()) return 0;
  const RecurrentLayout layout = RecurrentLayoutOf(hparams);
  return 2 * layout.snapshot_size() + (2 * kBlockTokens + Model::kMaxBatch) *
                                          layout.layers * layout.row_size;
}

// Whole blocks. With a sliding window only those stay that can be seen, and
// what a batch writes; the continuation has a last block of its own.
size_t AttentionFloats(const Hyperparameters& hparams, size_t tokens) {
  const AttentionShape& shape = hparams.attention;
  if (shape.sliding_window > 0) {
    tokens = std::min(tokens, shape.sliding_window + Model::kMaxBatch);
  }
  const size_t blocks = tokens / kBlockTokens + 2;
  return hparams.CountLayers(MixerKind::kAttention) * blocks * kBlockTokens *
         2 * shape.kv_heads * shape.head_dim;
}

// What the buffers of all kinds of layers hold of a token.
size_t FloatsPerToken(const Hyperparameters& hparams) {
  // The residual stream and its norm, what runs beside each other, an expert's
  // input, output and their sum, and the largest product's packed input.
  size_t floats = 8 * hparams.d_model;
  if (hparams.Has(MixerKind::kMamba1)) {
    floats += 6 * hparams.mamba1.d_inner + 2 * hparams.mamba1.x_proj_rows();
  }
  if (hparams.Has(MixerKind::kMamba2)) {
    floats += hparams.mamba2.in_proj_rows() + 2 * hparams.mamba2.d_inner;
  }
  if (hparams.Has(MixerKind::kAttention)) {
    const AttentionShape& shape = hparams.attention;
    floats += (3 * shape.heads + 2 * shape.kv_heads + 1) * shape.head_dim;
  }
  return floats + 3 * (hparams.d_ff + hparams.experts.shared_d_ff);
}

}  // namespace

MemoryNeeds MemoryNeedsOf(const Hyperparameters& hparams, size_t tokens) {
  return {.state_bytes = sizeof(float) * (RecurrentFloats(hparams) +
                                          AttentionFloats(hparams, tokens)),
          .batch_bytes =
              sizeof(float) *
              (Model::kMaxBatch * FloatsPerToken(hparams) + 2 * hparams.vocab)};
}

}  // namespace krait::engine

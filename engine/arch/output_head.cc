// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/output_head.h"

#include "simd/norm.h"

namespace krait::engine {

void OutputHead::Read(const Hyperparameters& hparams, WeightReader& read) {
  eps = hparams.norm_eps;
  embedding = read.Matrix("token_embd.weight", hparams.vocab, hparams.d_model);
  norm = read.Vector("output_norm.weight", hparams.d_model);
  output = read.Has("output.weight")
               ? read.Matrix("output.weight", hparams.vocab, hparams.d_model)
               : embedding;
}

void OutputHead::Embed(std::span<const TokenId> tokens, float* x) const {
  for (size_t t = 0; t < tokens.size(); ++t) {
    simd::ExpandRow(embedding, tokens[t], x + t * embedding.cols);
  }
}

void OutputHead::Logits(float* x, size_t tokens, LogitsRows rows,
                        Linear& linear, WorkerPool& pool, float* logits) const {
  if (rows == LogitsRows::kNone) return;
  const size_t d_model = embedding.cols;
  if (rows == LogitsRows::kLast) {
    x += (tokens - 1) * d_model;
    tokens = 1;
  }
  Normalise(x, tokens);
  // Nothing is computed from logits, so that one row may round differently.
  linear.Multiply(tokens == 1 ? Pass::kDecode : Pass::kPrefill, output,
                  linear.Pack(x, tokens, d_model, output.type, pool), logits,
                  output.rows, pool);
}

void OutputHead::DecodeLogits(float* x, std::span<float* const> logits,
                              Linear& linear, WorkerPool& pool) const {
  const size_t tokens = logits.size();
  Normalise(x, tokens);
  Linear::Decode(output,
                 linear.Pack(x, tokens, embedding.cols, output.type, pool),
                 logits, pool);
}

void OutputHead::Normalise(float* x, size_t tokens) const {
  const size_t d_model = embedding.cols;
  for (size_t t = 0; t < tokens; ++t) {
    float* row = x + t * d_model;
    simd::RmsNorm(row, norm.data(), d_model, eps, row);
  }
}

}  // namespace krait::engine

// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/output_head.h"

#include "simd/elementwise.h"
#include "simd/norm.h"

namespace krait::engine {

void OutputHead::Read(const Hyperparameters& hparams, WeightReader& read) {
  eps = hparams.norm_eps;
  embedding_scale = hparams.embedding_scale;
  logits_scale = hparams.logits_scale;
  embedding = read.Matrix("token_embd.weight", hparams.vocab, hparams.d_model);
  norm = read.Vector("output_norm.weight", hparams.d_model);
  output = read.Has("output.weight")
               ? read.Matrix("output.weight", hparams.vocab, hparams.d_model)
               : embedding;
}

void OutputHead::Embed(std::span<const TokenId> tokens, float* x) const {
  for (size_t t = 0; t < tokens.size(); ++t) {
    float* row = x + t * embedding.cols;
    simd::ExpandRow(embedding, tokens[t], row);
    simd::Scale(embedding_scale, embedding.cols, row);
  }
}

void OutputHead::Logits(float* x, size_t tokens, LogitsRows rows,
                        Executor& executor, float* logits) const {
  if (rows == LogitsRows::kNone) return;
  const size_t d_model = embedding.cols;
  if (rows == LogitsRows::kLast) {
    x += (tokens - 1) * d_model;
    tokens = 1;
  }
  Normalise(x, tokens);
  // Nothing is computed from logits, so that one row may round differently.
  executor.Multiply(tokens == 1 ? Pass::kDecode : Pass::kPrefill, output, x,
                    tokens, logits, output.rows);
}

void OutputHead::DecodeLogits(float* x, std::span<float* const> logits,
                              Executor& executor) const {
  Normalise(x, logits.size());
  executor.Decode(output, x, logits);
}

void OutputHead::Normalise(float* x, size_t tokens) const {
  const size_t d_model = embedding.cols;
  for (size_t t = 0; t < tokens; ++t) {
    float* row = x + t * d_model;
    simd::RmsNorm(row, norm.data(), d_model, eps, row);
    simd::Scale(logits_scale, d_model, row);  // as good as that of the logits
  }
}

}  // namespace krait::engine

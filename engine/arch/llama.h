// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_LLAMA_H_
#define KRAIT_ENGINE_ARCH_LLAMA_H_

#include <memory>
#include <vector>

#include "engine/arch/linear.h"
#include "engine/arch/model.h"
#include "engine/arch/output_head.h"
#include "engine/state/kv_cache.h"

namespace krait::engine {

// One transformer block of the Llama family (Llama, Mistral, TinyLlama).
// Source: Touvron et al. 2023, section 2.2; grouped-query attention: Ainslie
// et al. 2023; sliding window: Jiang et al. 2023, section 2.
struct LlamaLayer {
  std::vector<float> attention_norm;  // [d_model]
  simd::WeightView wq;                // [heads * head_dim, d_model]
  simd::WeightView wk;                // [kv_heads * head_dim, d_model]
  simd::WeightView wv;                // [kv_heads * head_dim, d_model]
  simd::WeightView wo;                // [d_model, heads * head_dim]
  std::vector<float> ffn_norm;        // [d_model]
  simd::WeightView gate;              // [d_ff, d_model]
  simd::WeightView up;                // [d_ff, d_model]
  simd::WeightView down;              // [d_model, d_ff]
};

class Llama final : public Model {
 public:
  static Result<std::shared_ptr<Llama>> Create(const ModelFile& file);

  size_t DecodeBytes() const override;
  std::unique_ptr<State> NewState() const override;
  std::unique_ptr<Scratch> NewScratch(const WorkerPool& pool) const override;
  void Prefill(std::span<const TokenId> tokens, State& state, Scratch& scratch,
               WorkerPool& pool, LogitsRows rows, float* logits) const override;
  void Decode(std::span<const DecodeStep> steps, Scratch& scratch,
              WorkerPool& pool) const override;
  void Replay(std::shared_ptr<const StateBlock> block, size_t rows,
              State& state, Scratch& scratch, WorkerPool& pool) const override;
  void Settle(State&, Scratch&, WorkerPool&) const override {}

 private:
  struct Buffers;
  struct Call;
  void RunLayers(const Call& call) const;
  void Attention(const Call& call, size_t layer) const;
  void Attend(const Call& call, size_t layer) const;
  void FeedForward(const Call& call, size_t layer) const;
  void Normalise(const Call& call, const std::vector<float>& weight) const;
  void AddResidual(const Call& call) const;
  static void Multiply(const Call& call, const simd::WeightView& w,
                       const float* x, float* y);

  LlamaShape shape_;
  size_t d_model_ = 0;
  OutputHead head_;
  std::vector<LlamaLayer> layers_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_LLAMA_H_

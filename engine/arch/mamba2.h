// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_MAMBA2_H_
#define KRAIT_ENGINE_ARCH_MAMBA2_H_

#include <memory>
#include <vector>

#include "engine/arch/linear.h"
#include "engine/arch/model.h"
#include "engine/arch/output_head.h"
#include "engine/state/recurrent_state.h"
#include "simd/conv1d.h"
#include "simd/ssm.h"

namespace krait::engine {

// One Mamba-2 block. Source: Dao and Gu 2024, "Transformers are SSMs", figure
// 6 (sequential block), and state-spaces/mamba, mamba2.py.
struct Mamba2Layer {
  std::vector<float> norm;         // [d_model]
  simd::WeightView in_proj;        // [in_proj_rows, d_model]: z, x, B, C, dt
  std::vector<float> conv_weight;  // [conv_width, conv_dim]: x, B, C
  std::vector<float> conv_bias;    // [conv_dim]
  std::vector<float> dt_bias;      // [heads]
  std::vector<float> a;            // [heads], -exp(A_log)
  std::vector<float> d;            // [heads]
  std::vector<float> gate_norm;    // [d_inner]
  simd::WeightView out_proj;       // [d_model, d_inner]
};

class Mamba2 final : public Model {
 public:
  static Result<std::shared_ptr<Mamba2>> Create(const ModelFile& file);

  size_t DecodeBytes() const override;
  std::unique_ptr<State> NewState() const override;
  std::unique_ptr<Scratch> NewScratch(const WorkerPool& pool) const override;
  void Prefill(std::span<const TokenId> tokens, State& state, Scratch& scratch,
               WorkerPool& pool, LogitsRows rows, float* logits) const override;
  void Decode(std::span<const DecodeStep> steps, Scratch& scratch,
              WorkerPool& pool) const override;
  void Replay(std::shared_ptr<const StateBlock> block, size_t rows,
              State& state, Scratch& scratch, WorkerPool& pool) const override;
  void Settle(State& state, Scratch& scratch, WorkerPool& pool) const override;

 private:
  struct Buffers;
  struct Call;
  void Block(const Call& call, size_t layer) const;
  void MixSteps(const Call& call, size_t layer) const;
  void MixChunks(const Call& call, size_t layer) const;
  simd::CausalConv1d Convolution(size_t layer) const;
  void Convolve(const Call& call, size_t layer, float* window) const;
  void StepSizes(const Call& call, size_t layer) const;
  void Gate(const Call& call, size_t layer) const;
  void ScanChunks(const Call& call, size_t layer) const;
  simd::SsmInputs ScanInputs(const Call& call, size_t layer, size_t begin,
                             size_t count) const;
  void RecordInputs(const Call& call, size_t layer) const;

  Mamba2Shape shape_;
  size_t d_model_ = 0;
  OutputHead head_;
  std::vector<Mamba2Layer> layers_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_MAMBA2_H_

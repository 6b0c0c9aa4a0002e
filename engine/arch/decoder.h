// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_DECODER_H_
#define KRAIT_ENGINE_ARCH_DECODER_H_

#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "engine/arch/model.h"
#include "engine/arch/output_head.h"
#include "engine/layers/attention.h"
#include "engine/layers/batch.h"
#include "engine/layers/experts.h"
#include "engine/layers/mamba1_mixer.h"
#include "engine/layers/mamba2_mixer.h"
#include "engine/layers/parallel_mixer.h"
#include "engine/layers/swiglu.h"

namespace krait::engine {

// One layer: a mixer, which moves information between tokens, and mostly a
// feed-forward, each with a norm before and a residual around it.
struct DecoderLayer {
  using Mixer =
      std::variant<Mamba1Mixer, Mamba2Mixer, Attention, ParallelMixer>;

  std::vector<float> mixer_norm;  // [d_model]
  Mixer mixer;
  std::vector<float> feed_forward_norm;  // [d_model]; empty without one
  std::variant<std::monostate, SwiGlu, Experts> feed_forward;
};

// The forward pass of all architectures: a list of layers, mostly between the
// embeddings and the output head. The processor runs it.
class Decoder final : public ModelPart {
 public:
  // Reads the weights; `file` was checked (ModelFile::Open).
  static Result<std::unique_ptr<const ModelPart>> Create(
      const ModelFile& file, const PartShape& shape);

  size_t DecodeBytes() const override;
  std::unique_ptr<State> NewState() const override;
  std::unique_ptr<Executor> NewExecutor(WorkerPool& pool) const override;
  void Prefill(std::span<const TokenId> tokens, State& state,
               Executor& executor, const Residual& residual, LogitsRows rows,
               float* logits) const override;
  void Decode(std::span<const DecodeStep> steps, Executor& executor,
              const Residual& residual) const override;
  void Replay(const BlockPieces& block, size_t rows, State& state,
              Executor& executor) const override;
  void Settle(State& state, Executor& executor) const override;
  bool TakesDrafts() const override { return true; }

 private:
  struct Buffers;

  Decoder(const Hyperparameters& hparams, bool has_head, OutputHead head,
          std::vector<DecoderLayer> layers);

  void RunLayers(const Batch& batch, Buffers& buffers) const;
  void RunMixer(const Batch& batch, const DecoderLayer& layer,
                Buffers& buffers) const;
  void RunFeedForward(const Batch& batch, const DecoderLayer& layer,
                      Buffers& buffers) const;
  void Normalise(const Batch& batch, const std::vector<float>& weight,
                 Buffers& buffers) const;
  void AddResidual(const Batch& batch, Buffers& buffers) const;

  const Hyperparameters hparams_;  // of these layers
  size_t d_model_;
  float residual_scale_;
  bool has_head_;
  OutputHead head_;
  std::vector<DecoderLayer> layers_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_DECODER_H_

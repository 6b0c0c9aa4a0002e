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

// The forward pass of all architectures: a list of layers between the
// embeddings and the output head.
class Decoder final : public Model {
 public:
  // Reads the weights; `loaded` was checked (ModelFile::Open).
  static Result<std::shared_ptr<const Model>> Create(LoadedFile loaded);

  size_t DecodeBytes() const override;
  std::unique_ptr<State> NewState() const override;
  std::unique_ptr<Executor> NewExecutor(WorkerPool& pool) const override;
  void Prefill(std::span<const TokenId> tokens, State& state,
               Executor& executor, LogitsRows rows,
               float* logits) const override;
  void Decode(std::span<const DecodeStep> steps,
              Executor& executor) const override;
  void Replay(const BlockPieces& block, size_t rows, State& state,
              Executor& executor) const override;
  void Settle(State& state, Executor& executor) const override;

 private:
  struct Buffers;

  Decoder(LoadedFile loaded, OutputHead head, std::vector<DecoderLayer> layers);

  void RunLayers(const Batch& batch, Buffers& buffers) const;
  void RunMixer(const Batch& batch, const DecoderLayer& layer,
                Buffers& buffers) const;
  void RunFeedForward(const Batch& batch, const DecoderLayer& layer,
                      Buffers& buffers) const;
  void Normalise(const Batch& batch, const std::vector<float>& weight,
                 Buffers& buffers) const;
  void AddResidual(const Batch& batch, Buffers& buffers) const;

  size_t d_model_;
  float residual_scale_;
  OutputHead head_;
  std::vector<DecoderLayer> layers_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_DECODER_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_LAYER_CHAIN_H_
#define KRAIT_ENGINE_ARCH_LAYER_CHAIN_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/arch/model_part.h"
#include "engine/arch/output_head.h"
#include "engine/model/model_file.h"
#include "engine/state/parted_state.h"

namespace krait::engine {

// All layers of a model, in parts that run in different places, one after the
// other: a call takes the residual stream through them, [tokens, d_model] once
// between two. The processor looks the embeddings up, of which a token needs a
// row; the last part has the output head.
class LayerChain final : public ModelPart {
 public:
  struct Link {
    LayerRange layers;
    std::unique_ptr<const ModelPart> part;  // neither embeds nor, but the
                                            // last, has a head
  };

  // At least one link; their layers follow each other, from the first to the
  // last of the file's.
  static Result<std::unique_ptr<const ModelPart>> Create(
      const ModelFile& file, std::vector<Link> links);

  size_t DecodeBytes() const override;
  std::string ExecutorName() const override;
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
  bool TakesDrafts() const override;
  size_t DeviceStateBytes() const override;

 private:
  struct Buffers;

  LayerChain(const Hyperparameters& hparams, OutputHead head,
             std::vector<Link> links);

  // Calls run(part's place, what it takes and gives) for each, in order.
  template <class RunPart>
  void RunParts(const Residual& residual, Buffers& buffers,
                const RunPart& run) const;

  size_t d_model_;
  OutputHead head_;
  std::vector<Link> links_;
  std::shared_ptr<const StateParts> division_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_LAYER_CHAIN_H_

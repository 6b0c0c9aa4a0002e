// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_MODEL_PART_H_
#define KRAIT_ENGINE_ARCH_MODEL_PART_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/file/token.h"
#include "engine/layers/executor.h"
#include "engine/layers/top_logits.h"
#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"

namespace krait::engine {

// How many rows of logits a prefill computes.
enum class LogitsRows : uint8_t { kNone, kLast, kAll };

// The next token of a sequence that is being decoded. Steps of one state follow
// each other: the tokens behind the first are a draft (Model::Decode).
struct DecodeStep {
  TokenId token = 0;       // below vocab
  State* state = nullptr;  // after the tokens before; is advanced by one
  LogitsTarget logits = {};
};

// Which layers a part has, and whether it has what is around them.
struct PartShape {
  static PartShape Whole(const Hyperparameters& hparams) {
    return {.layers = {0, hparams.layers}};
  }

  LayerRange layers;
  bool embeds = true;    // begins with the embeddings; else gets what they gave
  bool has_head = true;  // ends with the logits
};

// Where the residual stream [tokens, d_model] of a call comes from and goes to.
struct Residual {
  const float* in = nullptr;  // null: from the part's own embeddings
  float* out = nullptr;       // null: into the part's own output head
};

// Layers of a model that follow each other, and what runs them: a processor
// (Decoder), a graphics card (DeviceModel), or several of these, one after the
// other (LayerChain). Immutable and thread-safe. Its file outlives it.
class ModelPart {
 public:
  virtual ~ModelPart() = default;

  // Functions are those of Model by their names, for these layers.
  virtual size_t DecodeBytes() const = 0;
  virtual std::string ExecutorName() const { return Executor::Name(); }
  virtual std::unique_ptr<State> NewState() const = 0;
  virtual std::unique_ptr<Executor> NewExecutor(WorkerPool& pool) const = 0;
  virtual void Prefill(std::span<const TokenId> tokens, State& state,
                       Executor& executor, const Residual& residual,
                       LogitsRows rows, float* logits) const = 0;
  virtual void Decode(std::span<const DecodeStep> steps, Executor& executor,
                      const Residual& residual) const = 0;
  virtual void Replay(const BlockPieces& block, size_t rows, State& state,
                      Executor& executor) const = 0;
  virtual void Settle(State& state, Executor& executor) const = 0;
  virtual bool TakesDrafts() const { return false; }
  virtual size_t DeviceStateBytes() const { return 0; }
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_MODEL_PART_H_
